import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CATALOGUE } from '../../src/act/catalogue.ts';
import type { AccessRule } from '../../src/act/remedy.ts';
import { CASES, WITHOUT_A_CASE } from './remedy-worlds/cases.ts';
import { essence, openStand, planned, type RemedyCase, type RemedyWorld, type Stand } from './remedy-worlds/world.ts';

const RESOURCES = ['deployments', 'services', 'nodes', 'horizontalpodautoscalers', 'machinedeployments', 'jobs'];

let stand: Stand;

beforeAll(async () => {
  stand = await openStand();
});
afterAll(() => stand.close());

const table = CASES.map((given) => [given.remedy, given] as const);

/** The writes that took effect, each as one line. */
function effects({ requests }: RemedyWorld): readonly string[] {
  return requests
    .filter(({ method, dryRun, status }) => method !== 'GET' && !dryRun && status < 300)
    .map(({ method, path, body }) => `${method} ${path} ${body}`);
}

test('every remedy of the catalogue has a world in which it applies', () => {
  const known = [...CASES.map(({ remedy }) => remedy), ...Object.keys(WITHOUT_A_CASE)];

  expect(known.toSorted()).toEqual(CATALOGUE.map(({ name }) => name).toSorted());
});

describe.each(table)('%s', (_name, given) => {
  test('applies, costs what the workload loses by it, and takes effect', async () => {
    const world = stand.open(given);
    const incident = await world.diagnosed();
    const considered = world.remedy.consider(world.context(incident));
    const { readyReplicaMinutes, because } = world.remedy.disruption(world.context(incident));
    world.watch();

    const intent = planned(await world.plan(incident));
    const rehearsed = effects(world);
    const result = await world.execute(intent);

    expect(considered).toMatchObject({ kind: 'applies' });
    expect(readyReplicaMinutes).toBeGreaterThanOrEqual(0);
    expect(Number.isFinite(readyReplicaMinutes)).toBe(true);
    expect(because).not.toBe('');
    expect(rehearsed).toEqual([]);
    expect(result).toMatchObject({ kind: 'done' });
    expect(given.shows(world.objects)).toBe(true);
  });

  test('is recognised after a crash between write and record, and not written again', async () => {
    const world = stand.open(given);
    const intent = planned(await world.plan(await world.diagnosed()));
    await world.execute(intent);
    world.watch();

    const again = await world.execute(intent);

    // Whether an endpoint was called shows on nothing: it is not called again, and verification tells.
    expect(again.kind).toBe(intent.call === undefined ? 'already-done' : 'unknown');
    expect(effects(world)).toEqual([]);
    expect(world.endpoints.calls.length).toBeLessThanOrEqual(1);
  });

  test('is not written to an object that somebody else changed since', async () => {
    const world = stand.open(given);
    const intent = planned(await world.plan(await world.diagnosed()));
    const changed = disturb(world, given, intent.target);
    world.watch();

    const result = await world.execute(intent);

    // It creates an object, or evicts a pod whatever else changed on it: the uid alone is the precondition.
    if (!changed || intent.resourceVersion === '') return;
    // Of writes that do not depend on each other only this one is left out.
    const leftOut = result.kind === 'refused' ? result.refusal.code : ('left' in result && result.left?.[0]?.why) || '';
    expect(leftOut).toContain('changed-since');
    expect(effects(world).filter((each) => each.includes(` ${intent.write.path} `))).toEqual([]);
    expect(world.endpoints.calls).toEqual([]);
  });

  test('is undone exactly, once, and not where somebody changed what it left', async () => {
    const world = stand.open(given);
    const before = essence(world.objects, RESOURCES);
    const intent = planned(await world.plan(await world.diagnosed()));
    await world.execute(intent);

    const answers = await world.undoAll(intent);
    const after = essence(world.objects, RESOURCES);
    world.watch();
    const again = await world.undoAll(intent);

    expect(answers.map(({ kind }) => kind)).toEqual(answers.map(() => 'undone'));
    if (answers.length > 0) expect(after).toEqual(before);
    expect(effects(world)).toEqual([]);
    expect(again.map(({ kind }) => kind)).not.toContain('undone');
    expect(answers.length > 0).toBe(!world.remedy.undoes.startsWith('Cannot be taken back'));
  });
});

describe.each(table)('%s, with the rights that it declares', (_name, given) => {
  test('needs no others', async () => {
    const world = stand.open(given);
    const incident = await world.diagnosed();
    world.watch(undefined, world.remedy.rbac);

    const intent = planned(await world.plan(incident));
    const result = await world.execute(intent);
    await world.undoAll(intent);

    expect(result).toMatchObject({ kind: 'done' });
    expect(world.requests.filter(({ status }) => status === 403)).toEqual([]);
  });

  test('needs each of them, and says which one is missing', async () => {
    const { rbac } = stand.open(given).remedy;
    const rights = rbac.flatMap((rule) => split(rule));
    const needed = rights.filter((right) => right.optional === undefined && !given.unused?.includes(nameOf(right)));
    const superfluous: string[] = [];
    for (const right of needed) {
      const world = stand.open(given);
      const incident = await world.diagnosed();
      world.watch(
        undefined,
        rights.filter((each) => nameOf(each) !== nameOf(right)),
      );

      const outcome = await journey(world, incident);

      if (world.requests.every(({ status }) => status !== 403)) superfluous.push(nameOf(right));
      else expect(outcome).toContain(right.resources[0]?.split('/')[0]);
    }

    expect(superfluous).toEqual([]);
  });
});

/** A rule as the single rights that it is made of. */
function split(rule: AccessRule): readonly AccessRule[] {
  return rule.verbs.flatMap((verb) =>
    rule.resources.map((resource) => ({ ...rule, verbs: [verb], resources: [resource] })),
  );
}

function nameOf({ verbs, resources }: AccessRule): string {
  return `${verbs.join()} ${resources.join()}`;
}

/** Plan, execute, undo: what a failure anywhere came to, in words. Anything but a defined outcome is thrown on. */
async function journey(world: RemedyWorld, incident: Awaited<ReturnType<RemedyWorld['diagnosed']>>): Promise<string> {
  try {
    const plan = await world.plan(incident);
    if ('code' in plan) return `plan ${plan.code}: ${plan.why}`;
    const result = await world.execute(plan);
    if (result.kind === 'refused') return `execute ${result.refusal.code}: ${result.refusal.why}`;
    const left = 'left' in result ? (result.left ?? []).map(({ why }) => why).join('; ') : '';
    const undone = await world.undoAll(plan);
    const undos = undone.map((each) =>
      each.kind === 'refused' ? `${each.refusal.code}: ${each.refusal.why}` : `${each.kind}: ${each.detail}`,
    );
    return `execute ${result.kind}: ${'detail' in result ? result.detail : ''} ${left}; undo ${undos.join('; ')}`;
  } catch (error) {
    if (isPortFailure(error)) return `threw ${error.code}: ${error.message}`;
    throw error;
  }
}

function isPortFailure(error: unknown): error is { readonly code: string; readonly message: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('PORT_');
}

const FAILURES = [
  { name: '409', status: 409, reason: 'Conflict' },
  { name: '422', status: 422, reason: 'Invalid' },
  { name: '429', status: 429, reason: 'TooManyRequests' },
  { name: '403', status: 403, reason: 'Forbidden' },
  { name: '404', status: 404, reason: 'NotFound' },
  { name: '500', status: 500, reason: 'InternalError' },
  { name: 'an answer that never comes', status: 0, reason: '' },
] as const;

describe.each(table)('%s, when the API server fails', (_name, given) => {
  test.each(FAILURES)(
    '$name at each request: a defined outcome, and nothing is written twice',
    async (failure) => {
      const clean = stand.open(given);
      const incidentOfClean = await clean.diagnosed();
      clean.watch();
      await journey(clean, incidentOfClean);
      const script = clean.requests.map(({ method, path, dryRun }) => `${method} ${path} ${dryRun}`);
      const outcomes: string[] = [];

      for (const at of script.keys()) {
        // The same request at the same place fails on every try: a read may be tried again by the adapter.
        if (script.indexOf(script[at] ?? '') !== at) continue;
        const world = stand.open(given);
        const incident = await world.diagnosed();
        world.watch((request) => {
          const [path = ''] = request.path.split('?');
          const dryRun = request.path.includes('dryRun=All') || /"dryRun":\["All"\]/.test(request.body ?? '');
          if (`${request.method} ${path} ${dryRun}` !== script[at]) return undefined;
          if (failure.status === 0) return 'lost';
          const body = {
            kind: 'Status',
            apiVersion: 'v1',
            status: 'Failure',
            reason: failure.reason,
            code: failure.status,
          };
          return { status: failure.status, body: { ...body, message: `made to fail with ${failure.name}` } };
        });

        const outcome = await journey(world, incident);

        outcomes.push(`${script[at]} -> ${outcome}`);
        const done = effects(world);
        expect(new Set(done).size).toBe(done.length);
        // What a remedy can do without (the last logs of a pod) need not be told.
        if (failure.status === 403 && !outcome.startsWith('execute done')) {
          expect(outcome).toMatch(/get|list|patch|create|delete/);
        }
        expect(outcome.length).toBeGreaterThan(10);
      }

      expect(outcomes.length).toBeGreaterThan(1);
    },
    60_000,
  );
});

const PLURALS: Readonly<Record<string, string>> = {
  Deployment: 'deployments',
  Pod: 'pods',
  Service: 'services',
  Node: 'nodes',
  MachineDeployment: 'machinedeployments',
};

/** Changes the object that an intent writes to, as somebody else would; false where it does not exist yet. */
function disturb(
  world: RemedyWorld,
  given: RemedyCase,
  target: { kind: string; namespace: string; name: string },
): boolean {
  const plural = PLURALS[target.kind];
  if (plural === undefined) return false;
  const namespace = target.namespace === '' ? undefined : target.namespace;
  const found = world.objects.get(plural, namespace, target.name);
  if (found === undefined)
    throw new Error(`${given.remedy} writes to ${target.kind} ${target.name}, which is not there`);
  const annotations = { ...found.metadata.annotations, 'example.com/edited': 'by somebody' };
  world.objects.update(plural, { ...found, metadata: { ...found.metadata, annotations } });
  return true;
}
