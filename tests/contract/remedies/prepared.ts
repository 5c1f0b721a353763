import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Decided } from '../../../src/domain/incident.ts';
import type { ObjectStore } from '../../../src/simulator/objects.ts';
import type { RemedyCase, RemedyWorld } from './case.ts';
import { CASES } from './cases/index.ts';
import { freeze, lookAt, type Frozen } from './frozen.ts';
import { journeyIn, plannedRemedy, type Journey } from './journey.ts';
import { openSessions, type Session, type SessionOptions, type Sessions } from './sessions.ts';

/** A world of a case, built and looked at, ready to be thawed. */
export interface Prepared {
  readonly frozen: Frozen;
  readonly incident: Decided;
  readonly sessions: Sessions;
}

/** One copy of the world, with an AutoHeal that has exactly the rights that the remedy declares. */
export interface Scene {
  readonly session: Session;
  readonly journey: Journey;
}

/** Runs a suite for every world of every case. The worlds are built once in each suite. */
export function describeWorlds(suite: (prepared: () => Prepared, given: RemedyCase, world: RemedyWorld) => void): void {
  let sessions: Sessions | undefined;
  beforeAll(async () => {
    sessions = await openSessions();
  });
  afterAll(() => sessions?.close());
  for (const given of CASES) {
    for (const world of given.worlds) {
      describe(`${given.remedy.name}: ${world.name}`, () => {
        let prepared: Prepared | undefined;
        beforeAll(async () => {
          if (sessions !== undefined) prepared = await prepare(given, world, sessions);
        });
        suite(
          () => {
            if (prepared === undefined) throw new Error('the world was not built');
            return prepared;
          },
          given,
          world,
        );
      });
    }
  }
}

export async function prepare(given: RemedyCase, world: RemedyWorld, sessions: Sessions): Promise<Prepared> {
  const frozen = freeze(given, world);
  const objects = frozen.thaw();
  const { token } = sessions.open(objects, { api: frozen.api });
  const incident = await lookAt(frozen, objects, sessions.url, token);
  return { frozen: { ...frozen, remedy: plannedRemedy(given, frozen) }, incident, sessions };
}

/** A fresh copy of the world, or the given objects, and an AutoHeal on it. */
export function openScene(
  { frozen, sessions }: Prepared,
  options: SessionOptions & { readonly objects?: ObjectStore } = {},
): Scene {
  const { objects = frozen.thaw(), ...rest } = options;
  const session = sessions.open(objects, { api: frozen.api, rules: frozen.remedy.rbac, ...rest });
  return { session, journey: journeyIn(session, frozen) };
}
