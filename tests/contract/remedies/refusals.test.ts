import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contextOf } from '../../../src/act/remedy.ts';
import type { Decided } from '../../../src/domain/incident.ts';
import type { RefusalCode } from '../../../src/domain/remedy.ts';
import { cause } from '../../builders/incident.ts';
import type { RefusalRow, RemedyCase } from './case.ts';
import { CASES } from './cases/index.ts';
import { lookAt, policyOf } from './frozen.ts';
import { replace } from './hands.ts';
import { intentOf, journeyIn } from './journey.ts';
import { at, placeOfWrite, type Place } from './places.ts';
import { openScene, prepare, type Prepared } from './prepared.ts';
import { openSessions, type Sessions } from './sessions.ts';

/** What any remedy meets, told by the codes that it declares. */
const COMMON: readonly (RefusalRow & { readonly incident: (incident: Decided) => Decided })[] = [
  { code: 'wrong-kind', when: 'the workload is of a kind that nobody heals', incident: ofKind('PodGroup') },
  { code: 'bare-pod', when: 'the workload is a bare pod', incident: ofKind('Pod') },
  { code: 'does-not-cure', when: 'it cures none of the causes', incident: (incident) => ofCause(incident, 'unknown') },
];

function ofKind(kind: string): (incident: Decided) => Decided {
  return (incident) => {
    const { location } = incident;
    return { ...incident, location: { ...location, workload: { ...location.workload, kind } } };
  };
}

function ofCause(incident: Decided, name: 'unknown'): Decided {
  return { ...incident, diagnosis: { ...incident.diagnosis, causes: [cause(name)] } };
}

describe.each(CASES.map((given) => [given.remedy.name, given] as const))('%s', (_, given) => {
  const shown = new Set<RefusalCode>();
  let sessions: Sessions;
  const worlds = new Map<string, Prepared>();

  beforeAll(async () => {
    sessions = await openSessions();
    for (const world of given.worlds) worlds.set(world.name, await prepare(given, world, sessions));
  });
  afterAll(() => sessions.close());

  function worldOf(name: string = given.worlds[0].name): Prepared {
    const prepared = worlds.get(name);
    if (prepared === undefined) throw new Error(`the case has no world ${name}`);
    return prepared;
  }

  const rows = [...COMMON.filter((row) => isMet(row, given)), ...given.refusals];

  test.each(rows)('$code: $when', async (row) => {
    const answer = await refusalIn(row, worldOf(row.world));

    expect(answer).toMatchObject({
      kind: 'refused',
      refusal: { code: row.code, why: expect.stringMatching(/\w+ \w+/) },
    });
    shown.add(row.code);
  });

  if (given.considered === 'refuses') {
    test('it is refused whenever it is considered', async () => {
      const { incident, frozen } = worldOf();

      const answer = given.remedy.consider(contextOf(incident, frozen.policy));

      expect(answer.kind).toBe('refused');
      if (answer.kind === 'refused') shown.add(answer.refusal.code);
    });
  }

  if (given.remedy.refusals.includes('already-tried')) {
    test('already-tried: it was applied on an earlier rung', async () => {
      const prepared = worldOf();
      const intent = intentOf(await openScene(prepared).journey.plan(prepared.incident));
      const attempt = { intent, result: { kind: 'done', at: 0, detail: '' } as const };
      // What may be repeated is refused after the second time.
      const attempts = [attempt, ...(given.remedy.repeatable === true ? [attempt] : [])];

      const answer = await refusalIn(
        { code: 'already-tried', when: '', incident: (incident) => ({ ...incident, attempts }) },
        prepared,
      );

      expect(answer).toMatchObject({ kind: 'refused', refusal: { code: 'already-tried' } });
      shown.add('already-tried');
    });
  }

  if (given.remedy.refusals.includes('changed-since')) {
    test('changed-since: another object of the same name is there by now', async () => {
      const prepared = worldOf();
      const planned = intentOf(await openScene(prepared).journey.plan(prepared.incident));
      // Where the write makes an object, the workload is the only one that can have changed.
      const place = planned.uid === '' ? placeOfLocation(prepared) : placeOfWrite(planned);

      const answer = await refusalIn(
        {
          code: 'changed-since',
          when: '',
          at: 'after',
          arrange: ({ objects }) => void replace(objects, place.resource, at(objects, place)),
        },
        prepared,
      );

      if (given.refusals.every(({ code }) => code !== 'changed-since')) {
        expect(answer).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
        shown.add('changed-since');
      }
    });
  }

  test('every refusal that it declares was shown, and no other', () => {
    expect([...shown].sort()).toEqual([...given.remedy.refusals].sort());
  });
});

/** Whether a row that is for every remedy is for this one. */
function isMet({ code }: RefusalRow, { remedy, considered }: RemedyCase): boolean {
  if (considered === 'refuses') return false;
  return code === 'does-not-cure'
    ? !('unknown' in remedy.cures) && remedy.refusals.includes(code)
    : remedy.refusals.includes(code);
}

function placeOfLocation({ incident, frozen }: Prepared): Place {
  const { kind, namespace, name } = incident.location.workload;
  const resource = `${kind.toLowerCase()}s`;
  if (frozen.living.objects.get(resource, namespace, name) === undefined) throw new Error(`no ${resource} ${name}`);
  return { resource, namespace, name };
}

const READS = { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list'] } as const;

/** What it is answered with, after proof that nothing was written. */
async function refusalIn(row: RefusalRow, prepared: Prepared): Promise<unknown> {
  const { frozen } = prepared;
  const objects = frozen.thaw();
  const arrange = (): void => row.arrange?.({ objects, now: frozen.now });
  if (row.at !== 'after') arrange();
  const { mayNot } = row;
  // A service account has the rights of all remedies together: what one of them need not read, another one may.
  const rules =
    mayNot === undefined
      ? [...frozen.remedy.rbac, READS]
      : frozen.remedy.rbac.filter(({ resources }) => !resources.includes(mayNot));
  const { session } = openScene(prepared, { objects, rules });
  const seen = await seenIn(row, prepared, objects);
  const incident = row.incident?.(seen) ?? seen;
  if (row.at === 'after') arrange();
  const policy = policyOf(frozen.policy, row.policy);
  const answer = await journeyIn(session, { ...frozen, policy }).plan(incident);

  expect(session.writes()).toEqual([]);
  if (row.at === 'after') expect(frozen.remedy.consider(contextOf(incident, policy)).kind).toBe('applies');
  return answer;
}

/** The evidence as it is after what happened before; where nothing did, what was seen already. */
async function seenIn(
  row: RefusalRow,
  prepared: Prepared,
  objects: ReturnType<Prepared['frozen']['thaw']>,
): Promise<Decided> {
  if (row.arrange === undefined || row.at === 'after') return prepared.incident;
  const { frozen, sessions } = prepared;
  const { token } = sessions.open(objects, { api: frozen.api });
  return lookAt(frozen, objects, sessions.url, token);
}
