import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeExecute } from '../../../src/act/execute.ts';
import { makePlan } from '../../../src/act/plan.ts';
import { undo } from '../../../src/act/undo.ts';
import { systemClock } from '../../../src/adapters/system-clock.ts';
import type { Intent } from '../../../src/domain/remedy.ts';
import { candidate, POLICY } from '../../builders/incident.ts';
import { recordingEndpoints } from '../../fakes/endpoints.ts';
import { CASES } from './cases/index.ts';
import { policyOf } from './frozen.ts';
import { intentOf, undosOf } from './journey.ts';
import { openRealStand, type RealStand } from './real-cluster.ts';

const kubeconfig = process.env['AUTOHEAL_TEST_KUBECONFIG'] ?? '';
const image = process.env['AUTOHEAL_TEST_IMAGE'] ?? 'nginx:stable';

/** Those that need nothing of a cluster but a Deployment in one namespace. Nodes of others are left alone. */
const NAMES: ReadonlySet<string> = new Set(['soft-reset', 'restart-pod', 'rollout-restart', 'scale-up', 'ensure-hpa']);
const HERE = CASES.filter(({ remedy }) => NAMES.has(remedy.name));

const title = 'the remedies on a real cluster';
if (kubeconfig === '') {
  describe.skip(`${title} (AUTOHEAL_TEST_KUBECONFIG names no kubeconfig)`, suite);
} else {
  describe(title, suite);
}

function suite(): void {
  let stand: RealStand | undefined;
  beforeEach(async () => {
    stand = await openRealStand({ kubeconfig, image });
  }, 60_000);
  afterEach(() => stand?.close());

  test.each(HERE.map((given) => [given.remedy.name, given] as const))(
    '%s takes effect, is recognised after a crash, and is undone exactly',
    async (_, given) => {
      if (stand === undefined) throw new Error('there is no namespace');
      const { cluster } = stand;
      const [world] = given.worlds;
      const incident = await stand.settle(given, world);
      const policy = policyOf(POLICY, world.policy);
      const acting = { cluster, clock: systemClock, catalogue: [given.remedy], policy };
      const execute = makeExecute({ ...acting, endpoints: recordingEndpoints() });
      const before = await stand.essence();

      const cures = incident.diagnosis.causes[0].name;
      const plan = async (): Promise<Intent> =>
        intentOf(await makePlan(acting)(incident, candidate({ remedy: given.remedy.name, cures })));
      let intent = await plan();
      let first = await execute(intent);
      // A real cluster moves on by itself: a status that changed in between is no failure, but a reason to plan again.
      for (let tries = 1; tries < 3 && first.kind === 'refused'; tries += 1) {
        intent = await plan();
        first = await execute(intent);
      }
      const again = await execute(intent);
      const undone = [];
      for (const { step, what } of undosOf(intent, world)) {
        const ids = { actionId: intent.actionId, undoId: `${intent.actionId}/undo/${step}` };
        undone.push(await undo(what, cluster, ids), await undo(what, cluster, ids));
      }

      expect(first).toMatchObject({ kind: 'done' });
      expect(again.kind).toBe(intent.call === undefined ? 'already-done' : 'unknown');
      expect(undone.map(({ kind }) => kind)).toEqual(intent.undo === undefined ? [] : ['undone', 'already-undone']);
      if (intent.undo !== undefined) expect(await stand.essence()).toEqual(before);
    },
    180_000,
  );
}
