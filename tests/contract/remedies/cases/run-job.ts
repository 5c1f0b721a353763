import { expect } from '@jest/globals';
import { runJob } from '../../../../src/act/remedies/run-job.ts';
import type { Runbook } from '../../../../src/domain/policy.ts';
import type { ObjectStore } from '../../../../src/simulator/objects.ts';
import type { Hands, RemedyCase } from '../case.ts';
import { add } from '../hands.ts';
import { aService } from './shop.ts';

const RUNBOOK: Runbook = {
  name: 'empty-the-cache',
  causes: ['dependency-failure'],
  configMap: { namespace: 'runbooks', name: 'empty-the-cache' },
  namespaces: ['shop'],
};

const JOB = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  spec: {
    backoffLimit: 0,
    activeDeadlineSeconds: 120,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'shop/runbook:1' }] } },
  },
} as const;

function job(text: string): (hands: Hands) => void {
  return ({ objects }) => {
    const book = objects.get('configmaps', RUNBOOK.configMap.namespace, RUNBOOK.configMap.name);
    if (book !== undefined) objects.update('configmaps', { ...book, data: { 'job.yaml': text } });
  };
}

function jobsOf(objects: ObjectStore): ReturnType<ObjectStore['list']> {
  return objects.list('jobs', { namespace: 'runbooks' });
}

export const runJobCase: RemedyCase = {
  remedy: runJob,
  disruption: 'constant',
  worlds: [
    {
      name: 'a runbook of the policy',
      services: [aService('cart')],
      policy: { limits: { runbooks: [RUNBOOK] } },
      cause: 'dependency-failure',
      arrange({ objects }) {
        add(objects, 'namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'runbooks' } });
        add(objects, 'configmaps', {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { ...RUNBOOK.configMap },
          data: { 'job.yaml': JSON.stringify(JOB) },
        });
      },
      effect({ objects, run, intent }) {
        run(30);

        const [made, ...others] = jobsOf(objects);
        expect(others).toEqual([]);
        expect(made?.metadata).toMatchObject({
          name: 'autoheal-inc-1-1',
          annotations: { 'autoheal.io/action-id': intent.actionId },
        });
        expect(objects.list('pods', { namespace: 'runbooks' })).toHaveLength(1);
      },
    },
  ],
  refusals: [
    {
      code: 'changed-since',
      when: 'a Job of that name is there already',
      arrange: ({ objects }) =>
        void add(objects, 'jobs', { ...JOB, metadata: { name: 'autoheal-inc-1-1', namespace: 'runbooks' } }),
      at: 'after',
    },
    { code: 'no-runbook', when: 'the policy names none for the cause', policy: { limits: { runbooks: [] } } },
    {
      code: 'no-runbook',
      when: 'its ConfigMap is gone',
      arrange: ({ objects }) => objects.remove('configmaps', RUNBOOK.configMap.namespace, RUNBOOK.configMap.name),
      at: 'after',
    },
    { code: 'runbook-invalid', when: 'it is no YAML', arrange: job('{'), at: 'after' },
    {
      code: 'runbook-invalid',
      when: 'it asks for more than a runbook may',
      arrange: job(JSON.stringify({ ...JOB, spec: { ...JOB.spec, backoffLimit: 9 } })),
      at: 'after',
    },
  ],
};
