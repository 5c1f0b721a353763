import { randomBytes } from 'node:crypto';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { makeKubernetesCluster } from '../../../src/adapters/kubernetes/cluster.ts';
import { systemClock } from '../../../src/adapters/system-clock.ts';
import { makeGatherEvidence } from '../../../src/diagnose/evidence/gather.ts';
import type { Decided } from '../../../src/domain/incident.ts';
import type { Located } from '../../../src/domain/location.ts';
import type { Cluster } from '../../../src/ports/cluster.ts';
import type { StoredObject } from '../../../src/simulator/objects.ts';
import { cause, decidedIncident } from '../../builders/incident.ts';
import { eventually } from '../../support/parts.ts';
import type { RemedyCase, RemedyWorld } from './case.ts';
import { freeze } from './frozen.ts';
import { SHOP } from './hands.ts';

/** A namespace of its own on a real cluster, with the workload of a case's world in it. */
export interface RealStand {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** What the world's manifests make, rolled out and ready. */
  settle(given: RemedyCase, world: RemedyWorld): Promise<Decided>;
  /** The workload's labels and spec, and annotations that are not of its controller. */
  essence(): Promise<unknown>;
  close(): Promise<void>;
}

/** Kinds that a world's manifests are made of; the cluster's own controllers make the rest. */
const MANIFESTS = ['services', 'deployments'] as const;
const PATHS = { services: '/api/v1', deployments: '/apis/apps/v1' } as const;
const READY_SECONDS = 120;

export async function openRealStand(given: {
  readonly kubeconfig: string;
  /** An image that starts without arguments and keeps running. */
  readonly image: string;
}): Promise<RealStand> {
  const { kubeconfig, image } = given;
  const namespace = `autoheal-remedies-${randomBytes(4).toString('hex')}`;
  const cluster = makeKubernetesCluster({ connection: { kubeconfig }, timeoutMs: 15_000 });
  await make(cluster, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });

  async function locate(world: RemedyWorld): Promise<Located> {
    const deployment = await cluster.get('Deployment', { namespace, name: 'cart' });
    if (deployment === undefined) throw new Error('cart is gone');
    const pods = await cluster.list('Pod', { namespace, labelSelector: 'app=cart' });
    return {
      kind: 'located',
      workload: { kind: 'Deployment', namespace, name: 'cart' },
      uid: deployment.metadata.uid,
      pods: world.located === undefined ? [] : pods.slice(0, 1).map(({ metadata }) => metadata.name),
      decidedBy: 'test',
      why: 'the case says so',
    };
  }

  return {
    cluster,
    namespace,
    async settle(remedyCase, world) {
      const objects = freeze(remedyCase, world).thaw();
      for (const resource of MANIFESTS) {
        for (const object of objects.list(resource, { namespace: SHOP })) {
          const manifest = manifestOf(object, namespace, image);
          await make(cluster, `${PATHS[resource]}/namespaces/${namespace}/${resource}`, manifest);
        }
      }
      await eventually('cart is ready', READY_SECONDS, async () => {
        const { status } = (await cluster.get('Deployment', { namespace, name: 'cart' })) ?? {};
        return (status?.readyReplicas ?? 0) === 3 && status?.updatedReplicas === 3 ? true : undefined;
      });
      const location = await locate(world);
      const metrics = { signals: async () => world.signals ?? {} };
      const gather = makeGatherEvidence({ cluster, metrics, clock: systemClock, deadlineMs: 15_000 });
      const evidence = await gather(location, []);
      return decidedIncident({ location, diagnosis: { evidence, causes: [cause(world.cause)] } });
    },
    async essence() {
      const object = await cluster.get('Deployment', { namespace, name: 'cart' });
      const { labels, annotations = {} } = object?.metadata ?? {};
      const own = Object.entries(annotations).filter(([key]) => !/^(autoheal\.io\/action-id|deployment\.)/.test(key));
      return { labels, annotations: Object.fromEntries(own), spec: object?.spec };
    },
    async close() {
      const config = new KubeConfig();
      config.loadFromFile(kubeconfig);
      await config.makeApiClient(CoreV1Api).deleteNamespace({ name: namespace });
    },
  };
}

async function make(cluster: Cluster, path: string, body: object): Promise<void> {
  const write = { method: 'POST', path, contentType: 'application/json', body } as const;
  const answer = await cluster.send(write, { dryRun: false });
  if (answer.kind !== 'ok') throw new Error(`${path}: ${answer.message}`);
}

/** An object as somebody would apply it: without what servers and controllers add. */
function manifestOf({ apiVersion, kind, metadata, spec = {} }: StoredObject, namespace: string, image: string): object {
  const { name, labels, annotations } = metadata;
  const { clusterIP: _ip, clusterIPs: _ips, ...own } = spec;
  const fitting = JSON.stringify(own, (key, value: unknown) => {
    // The image is another one, and answers no probe of the world's.
    if (key === 'readinessProbe') return undefined;
    return key === 'image' ? image : value;
  });
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      ...(labels === undefined ? {} : { labels }),
      annotations: handmade(annotations ?? {}),
    },
    spec: JSON.parse(fitting) as unknown,
  };
}

function handmade(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !key.startsWith('deployment.')));
}
