import { afterEach, describe, expect, test } from '@jest/globals';
import { scaleDown } from '../../../src/act/remedies/scale-down.ts';
import type { Plan } from '../../../src/act/remedy.ts';
import type { RefusalCode } from '../../../src/domain/remedy.ts';
import { ACTION, context, LOCATED, NOW } from '../../builders/incident.ts';
import {
  AN_OPERATOR,
  anHpa,
  aScaledObject,
  CART,
  cartIn,
  scalingWorld,
  using,
  type ScalingParts,
} from '../../builders/scaling.ts';
import type { SimulatedCluster } from '../../fakes/simulated-cluster.ts';

let world: SimulatedCluster;

afterEach(async () => {
  await world.close();
});

/** Its plan alone, as something other than an incident would ask for it. */
function planAlone(uid = cartIn(world).metadata.uid, kind = 'Deployment'): Promise<Plan> {
  const location = { ...LOCATED, uid, workload: { ...LOCATED.workload, kind } };
  const deps = { cluster: world.cluster, actionId: ACTION, rung: 1, cures: 'unknown', now: NOW } as const;
  return scaleDown.plan({ ...context('unknown'), location }, deps);
}

test('is refused in every incident, without a look at the cluster', async () => {
  world = await scalingWorld({ replicas: 8 });

  const answer = await using(world, scaleDown, { cause: 'cpu-saturation' }).plan();

  expect(answer).toMatchObject({ kind: 'refused', refusal: { code: 'incident-in-namespace' } });
  expect(world.writes()).toEqual([]);
});

describe('asked by something other than an incident', () => {
  test('takes replicas away within the bounds, and an undo sets the number again', async () => {
    world = await scalingWorld({ replicas: 7, rbac: scaleDown.rbac });
    const { uid, resourceVersion } = cartIn(world).metadata;
    const asked = using(world, scaleDown, { cause: 'unknown' });

    const answer = await planAlone();
    if (answer.kind === 'refused') throw new Error(answer.refusal.why);
    const results = [await asked.execute(answer.intent), await asked.execute(answer.intent)];
    const left = cartIn(world).spec?.['replicas'];
    const undone = await asked.undo(answer.intent);

    expect(answer.intent.write).toEqual({
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/shop/deployments/cart',
      contentType: 'application/merge-patch+json',
      body: {
        metadata: { uid, resourceVersion, annotations: { 'autoheal.io/action-id': ACTION } },
        spec: { replicas: 4 },
      },
    });
    expect(answer.intent.giveBack).toBeUndefined();
    expect(results.map(({ kind }) => kind)).toEqual(['done', 'already-done']);
    expect([left, undone.kind, cartIn(world).spec?.['replicas']]).toEqual([4, 'undone', 7]);
  });

  const refusals: readonly (ScalingParts & { readonly name: string; readonly code: RefusalCode })[] = [
    { name: 'as few as the policy allows', replicas: 1, code: 'at-lower-bound' },
    { name: 'an autoscaler', more: { horizontalpodautoscalers: [anHpa({ max: 8 })] }, code: 'autoscaler-owned' },
    { name: 'a ScaledObject', more: { scaledobjects: [aScaledObject({})] }, code: 'autoscaler-owned' },
    {
      name: 'a paused ScaledObject',
      more: { scaledobjects: [aScaledObject({}, { annotations: { 'autoscaling.keda.sh/paused': 'true' } })] },
      code: 'paused',
    },
    { name: 'an operator', replicas: 8, owners: [AN_OPERATOR], code: 'operator-owned' },
    { name: 'Argo CD', replicas: 8, annotations: { 'argocd.argoproj.io/tracking-id': 'cart' }, code: 'gitops-owned' },
  ];

  test.each(refusals)('$name -> $code', async ({ code, ...parts }) => {
    world = await scalingWorld(parts);

    const answer = await planAlone();

    expect(answer).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(scaleDown.refusals).toContain(code);
    expect(world.writes()).toEqual([]);
  });

  test('a DaemonSet -> wrong-kind', async () => {
    const selector = { matchLabels: CART };
    const daemon = {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'cart', namespace: 'shop' },
      spec: { selector, template: { metadata: { labels: CART }, spec: { containers: [{ name: 'a', image: 'a' }] } } },
    };
    world = await scalingWorld({ more: { daemonsets: [daemon] } });
    const uid = world.objects.get('daemonsets', 'shop', 'cart')?.metadata.uid;

    expect(await planAlone(uid, 'DaemonSet')).toMatchObject({ kind: 'refused', refusal: { code: 'wrong-kind' } });
    expect(world.writes()).toEqual([]);
  });

  test('another workload under the name -> changed-since', async () => {
    world = await scalingWorld({ replicas: 8 });

    expect(await planAlone('another')).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
  });
});
