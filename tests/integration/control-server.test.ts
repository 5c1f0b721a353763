import { afterEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { startControlServer, type ControlServer } from '../../src/simulator/control-server.ts';
import { makeObjectStore } from '../../src/simulator/objects.ts';
import { makeSimClock } from '../../src/simulator/world/clock.ts';
import { DEMO_WORLD } from '../../src/simulator/world/demo.ts';
import { advance, makeWorld, type World } from '../../src/simulator/world/world.ts';

let server: ControlServer | undefined;

afterEach(() => server?.close());

async function open(): Promise<{
  readonly url: string;
  readonly world: World;
  readonly live: (seconds: number) => void;
}> {
  const time = makeSimClock(0);
  const objects = makeObjectStore({ now: time.now });
  const scenario = { ...DEMO_WORLD, prehistorySeconds: 120 };
  const world = makeWorld({ store: objects, seed: 1, scenario });
  server = await startControlServer({ world, scenario });
  return { url: server.url, world, live: (seconds) => advance(world, time, seconds) };
}

async function call(url: string, method: 'GET' | 'POST' | 'DELETE', body?: string) {
  const answer = await request(url, { method, ...(body === undefined ? {} : { body }) });
  return { status: answer.statusCode, text: await answer.body.text() };
}

describe('the page on which a simulated cluster is made ill', () => {
  test('injects what curl asks for, shows it, and clears it', async () => {
    const { url, world, live } = await open();

    const asked = JSON.stringify({ kind: 'bad-rollout-crash', namespace: 'shop', service: 'checkout' });
    const injected = await call(`${url}/faults`, 'POST', asked);
    live(5);
    const shown = await call(`${url}/faults`, 'GET');
    const truth = world.truth().map(({ fault, present }) => [fault.id, present]);
    const cleared = await call(`${url}/faults/bad-rollout-crash-1`, 'DELETE');

    expect(injected).toMatchObject({ status: 201, text: expect.stringContaining('bad-rollout-crash-1') });
    expect(JSON.parse(shown.text)).toMatchObject({ faults: [{ fault: { id: 'bad-rollout-crash-1' } }] });
    expect(truth).toEqual([['bad-rollout-crash-1', true]]);
    expect(cleared.status).toBe(200);
    expect(world.truth()).toEqual([]);
  });

  test.each([
    { name: 'no JSON', body: 'kind=x', says: 'not JSON; an example' },
    {
      name: 'an unknown kind',
      body: '{"kind":"plague","namespace":"shop","service":"cart"}',
      says: 'kind must be one of',
    },
    { name: 'an unknown service', body: '{"kind":"blip","namespace":"shop","service":"x"}', says: 'must name one of' },
    {
      name: 'a wrong strength',
      body: '{"kind":"blip","namespace":"shop","service":"cart","strength":-1}',
      says: 'strength must be a positive number',
    },
    { name: 'too much', body: 'x'.repeat(70_000), says: 'too long' },
  ])('says what is wrong with $name', async ({ body, says }) => {
    const { url, world } = await open();

    const answer = await call(`${url}/faults`, 'POST', body);

    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining(says) });
    expect(world.truth()).toEqual([]);
  });

  test('has a page, and says what there is for every other path', async () => {
    const { url } = await open();

    const page = await call(`${url}/`, 'GET');
    const other = await call(`${url}/nothing`, 'GET');
    const unknown = await call(`${url}/faults/none`, 'DELETE');

    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('<option>shop/checkout</option>') });
    expect([other.status, unknown.status]).toEqual([404, 404]);
  });
});
