import { describe, expect, test } from '@jest/globals';
import {
  daemonSetRevisions,
  deploymentRevisions,
  statefulSetRevisions,
} from '../../../../src/diagnose/evidence/revision-evidence.ts';
import type { ControllerRevision, Deployment, ReplicaSet } from '../../../../src/domain/kubernetes.ts';
import { aPod } from '../../../builders/evidence.ts';

const meta = (name: string) => ({ name, namespace: 'rec', uid: `uid-${name}`, resourceVersion: '1' });
const template = (image: string) => ({ spec: { containers: [{ name: 'app', image }] } });

function replicaSet(hash: string, revision: string, image: string, readyReplicas: number): ReplicaSet {
  return {
    metadata: {
      ...meta(`web-${hash}`),
      creationTimestamp: '2026-11-21T02:52:56Z',
      labels: { app: 'web', 'pod-template-hash': hash },
      annotations: { 'deployment.kubernetes.io/revision': revision },
    },
    spec: { replicas: 2, selector: {}, template: template(image) },
    status: { replicas: 2, readyReplicas },
  };
}

function deployment(image: string, observedGeneration: number): Deployment {
  return {
    metadata: { ...meta('web'), generation: 3 },
    spec: { selector: {}, template: template(image) },
    status: { observedGeneration },
  };
}

function controllerRevision(name: string, revision: number, image: string, labels: Record<string, string> = {}) {
  return {
    metadata: { ...meta(name), creationTimestamp: '2026-11-21T02:55:04Z', labels },
    revision,
    data: { spec: { template: { $patch: 'replace', ...template(image) } } },
  } satisfies ControllerRevision;
}

describe('deploymentRevisions', () => {
  test('newest first; a rollback gave the old ReplicaSet the highest number, and so the lead', () => {
    const revisions = deploymentRevisions(deployment('web:1', 3), [
      replicaSet('bbb', '2', 'web:2', 0),
      replicaSet('aaa', '3', 'web:1', 2),
      replicaSet('ccc', '10', 'web:3', 0),
    ]);

    expect(
      revisions.map(({ revision, hash, current, readyReplicas }) => [revision, hash, current, readyReplicas]),
    ).toEqual([
      [10, 'ccc', true, 0],
      [3, 'aaa', false, 2],
      [2, 'bbb', false, 0],
    ]);
    expect(revisions[0]).toMatchObject({
      name: 'web-ccc',
      createdAt: Date.parse('2026-11-21T02:52:56Z'),
      images: ['web:3'],
    });
  });

  test('while the controller has not seen the newest template, no revision is current', () => {
    const [newest] = deploymentRevisions(deployment('web:3', 2), [replicaSet('bbb', '2', 'web:2', 2)]);

    expect(newest?.current).toBe(false);
  });

  test('but a newer spec with the same images was only scaled', () => {
    const [newest] = deploymentRevisions(deployment('web:2', 2), [replicaSet('bbb', '2', 'web:2', 2)]);

    expect(newest?.current).toBe(true);
  });

  test('a ReplicaSet without a number comes last', () => {
    const plain = replicaSet('zzz', '', 'web:0', 0);

    expect(
      deploymentRevisions(deployment('web:2', 3), [plain, replicaSet('bbb', '2', 'web:2', 0)]).map(({ name }) => name),
    ).toEqual(['web-bbb', 'web-zzz']);
  });
});

describe('revisions of a StatefulSet', () => {
  test('the update revision is current; the pods carry its whole name', () => {
    const set = {
      metadata: meta('db'),
      spec: { selector: {}, template: template('db:2') },
      status: { updateRevision: 'db-74894bfdd8' },
    };
    const pods = [
      aPod({ name: 'db-0', revisionHash: 'db-785cdb5445' }),
      aPod({ name: 'db-1', revisionHash: 'db-74894bfdd8', ready: false }),
    ];

    const revisions = statefulSetRevisions(
      set,
      [controllerRevision('db-785cdb5445', 1, 'db:1'), controllerRevision('db-74894bfdd8', 2, 'db:2')],
      pods,
    );

    expect(revisions).toEqual([
      expect.objectContaining({
        revision: 2,
        hash: 'db-74894bfdd8',
        current: true,
        readyReplicas: 0,
        images: ['db:2'],
      }),
      expect.objectContaining({
        revision: 1,
        hash: 'db-785cdb5445',
        current: false,
        readyReplicas: 1,
        images: ['db:1'],
      }),
    ]);
  });
});

describe('revisions of a DaemonSet', () => {
  test('the newest is current; the pods carry the hash of its label', () => {
    const set = { metadata: meta('agent'), spec: { selector: {}, template: template('agent:2') } };
    const pods = [aPod({ name: 'agent-x', revisionHash: 'f8dfbdcc' })];

    const revisions = daemonSetRevisions(
      set,
      [
        controllerRevision('agent-f994f98c9', 1, 'agent:1'),
        controllerRevision('agent-f8dfbdcc', 2, 'agent:2', { 'controller-revision-hash': 'f8dfbdcc' }),
      ],
      pods,
    );

    expect(revisions).toEqual([
      expect.objectContaining({ revision: 2, hash: 'f8dfbdcc', current: true, readyReplicas: 1 }),
      expect.objectContaining({ revision: 1, hash: 'f994f98c9', current: false, readyReplicas: 0 }),
    ]);
  });

  test('data of another shape has no images', () => {
    const set = { metadata: meta('agent'), spec: { selector: {}, template: template('agent:2') } };
    const odd = [1, null, 'x', { spec: null }, { spec: { template: { spec: { containers: [null, { image: 7 }] } } } }];

    for (const data of odd) {
      const [revision] = daemonSetRevisions(set, [{ metadata: meta('agent-a'), revision: 1, data }], []);

      expect(revision?.images).toEqual([]);
    }
  });
});
