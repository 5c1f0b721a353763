import { afterEach, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { jobName } from '../../../src/act/job/job-object.ts';
import { readJobTemplate } from '../../../src/act/job/job-template.ts';
import type { RemedyContext } from '../../../src/act/remedy.ts';
import { runJob } from '../../../src/act/remedies/run-job.ts';
import type { CauseName } from '../../../src/domain/diagnosis.ts';
import type { Runbook } from '../../../src/domain/policy.ts';
import { actionId, type RefusalCode } from '../../../src/domain/remedy.ts';
import { annotated, openActing, planned, SERVICE, stored, type Acting } from '../../builders/acting.ts';
import { ACTION, context, LOCATED, NOW, POLICY } from '../../builders/incident.ts';

const RUNBOOK: Runbook = {
  name: 'drop-caches',
  causes: ['memory-leak', 'volume-filling'],
  configMap: { namespace: 'shop', name: 'drop-caches' },
  namespaces: ['sh*'],
};

const CONTAINER = { name: 'run', image: 'runbook:1', command: ['/bin/drop'], args: ['--all'] };
const POD = { restartPolicy: 'Never', serviceAccountName: 'runbooks', containers: [CONTAINER] };
const SPEC = { backoffLimit: 0, activeDeadlineSeconds: 300, template: { spec: POD } };
const JOB = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'mine' }, spec: SPEC };
const NAME = 'autoheal-inc-1-1';

let acting: Acting | undefined;

afterEach(() => acting?.close());

async function open(data: Record<string, string> | undefined = { 'job.yaml': stringify(JOB) }): Promise<Acting> {
  acting = await openActing(runJob, {
    services: [SERVICE],
    limits: { runbooks: [RUNBOOK] },
    arrange: (objects) => {
      const metadata = { name: RUNBOOK.configMap.name, namespace: 'shop' };
      objects.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
    },
  });
  return acting;
}

const AT_SHOP = { limits: { ...POLICY.limits, runbooks: [RUNBOOK] } };

describe('run-job', () => {
  test('creates the Job under its own name and marks, with the facts of the incident as values', async () => {
    const on = await open();

    const intent = planned(await on.plan('memory-leak', { pods: ['cart-a', 'cart-b'] }));
    const result = await on.execute(intent);

    const managed = { 'app.kubernetes.io/managed-by': 'autoheal' };
    const env = [
      { name: 'AUTOHEAL_INCIDENT', value: 'inc-1' },
      { name: 'AUTOHEAL_ALERTNAME', value: 'CartIsIll' },
      { name: 'AUTOHEAL_NAMESPACE', value: 'shop' },
      { name: 'AUTOHEAL_WORKLOAD_KIND', value: 'Deployment' },
      { name: 'AUTOHEAL_WORKLOAD', value: 'cart' },
      { name: 'AUTOHEAL_CAUSE', value: 'memory-leak' },
      { name: 'AUTOHEAL_PODS', value: 'cart-a,cart-b' },
    ];
    expect(result).toMatchObject({ kind: 'done' });
    expect(on.writes().map(({ method, path, body }) => ({ method, path, body }))).toEqual([
      {
        method: 'POST',
        path: '/apis/batch/v1/namespaces/shop/jobs',
        body: {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: {
            name: NAME,
            namespace: 'shop',
            labels: managed,
            annotations: { 'autoheal.io/action-id': ACTION, 'autoheal.io/runbook': 'drop-caches' },
          },
          spec: {
            backoffLimit: 0,
            activeDeadlineSeconds: 300,
            ttlSecondsAfterFinished: 86_400,
            template: {
              metadata: { labels: managed, annotations: { 'autoheal.io/action-id': ACTION } },
              spec: { ...POD, containers: [{ ...CONTAINER, env }] },
            },
          },
        },
      },
    ]);
    expect(stored(on.objects, 'jobs', NAME).metadata.annotations).toMatchObject({ 'autoheal.io/action-id': ACTION });
  });

  test('after a crash between write and record it is recognised, and started no second time', async () => {
    const on = await open();
    const intent = planned(await on.plan('memory-leak'));
    await on.execute(intent);

    expect(await runJob.tookEffect(intent, on.cluster)).toMatchObject({ kind: 'yes' });
    expect(await on.execute(intent)).toMatchObject({ kind: 'already-done' });
    expect(on.writes()).toHaveLength(1);
  });

  test('a Job of that name that is somebody else’s is left alone', async () => {
    const on = await open();
    const intent = planned(await on.plan('memory-leak'));
    on.objects.create('jobs', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: NAME, namespace: 'shop' },
      spec: SPEC,
    });

    expect(await on.execute(intent)).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(await on.plan('memory-leak')).toMatchObject({ kind: 'refused', refusal: { code: 'changed-since' } });
    expect(on.writes()).toEqual([]);
  });

  test('its undo deletes the Job, once, and no other', async () => {
    const on = await open();
    const intent = planned(await on.plan('memory-leak'));
    await on.execute(intent);
    annotated(on.objects, 'jobs', NAME, { 'autoheal.io/action-id': 'inc-2/1' });
    const kept = await on.undo(intent);
    annotated(on.objects, 'jobs', NAME, { 'autoheal.io/action-id': ACTION });

    expect(kept).toMatchObject([{ kind: 'refused', refusal: { code: 'changed-since' } }]);
    expect(await on.undo(intent)).toMatchObject([{ kind: 'undone' }]);
    on.run(10);
    expect(on.objects.get('jobs', 'shop', NAME)).toBeUndefined();
    expect(await on.undo(intent)).toMatchObject([{ kind: 'already-undone' }]);
    expect(on.writes().map(({ method }) => method)).toEqual(['POST', 'DELETE']);
  });

  test('runs to its end on a simulated cluster', async () => {
    const on = await open();
    await on.execute(planned(await on.plan('memory-leak')));

    on.run(120);

    expect(stored(on.objects, 'jobs', NAME).status).toMatchObject({ conditions: [{ type: 'Complete' }] });
  });

  test('names are valid, however long the id, and differ by rung', () => {
    const long = `inc-${'x'.repeat(100)}`;

    const [first, second] = [jobName(actionId(long, 1)), jobName(actionId(long, 2))];

    expect(first).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])$/);
    expect(first).not.toBe(second);
    expect(jobName(actionId('inc-MI_8.x', 1))).toBe('autoheal-inc-mi-8-x-1');
  });
});

describe('what alerts say', () => {
  async function bodyFor(more: Partial<RemedyContext>): Promise<{ spec: { template: { spec: unknown } } }> {
    const on = await open();
    const seen = await on.context('memory-leak');
    const deps = { cluster: on.cluster, actionId: ACTION, rung: 1, cures: 'memory-leak', now: NOW } as const;
    const { write } = planned(await runJob.plan({ ...seen, ...more }, deps));
    return write.body as { spec: { template: { spec: unknown } } }; // A Job's.
  }

  test('is cut off, and expands to nothing', async () => {
    const alertnames = ['$(SECRET) $$(A)\n\u0000', 'x'.repeat(1000)];
    const workload = { ...LOCATED.workload, name: '$(PASSWORD)'.repeat(100) };

    const { spec } = await bodyFor({ alertnames, location: { ...LOCATED, workload } });

    const text = JSON.stringify(spec.template.spec);
    expect(text).toContain('{"name":"AUTOHEAL_ALERTNAME","value":"$$(SECRET) $$$$(A)  "}');
    expect(text.replaceAll('$$', '')).not.toContain('$(');
    expect(text.length).toBeLessThan(2000);
  });

  test('gets into no command, argument or image, and no variable of the template stands in its place', async () => {
    const on = await open({
      'job.yaml': stringify({
        ...JOB,
        spec: {
          ...SPEC,
          template: {
            spec: { ...POD, containers: [{ ...CONTAINER, env: [{ name: 'AUTOHEAL_WORKLOAD', value: 'other' }] }] },
          },
        },
      }),
    });

    const { write } = planned(await on.plan('memory-leak'));
    const [container] = (write.body as typeof JOB).spec.template.spec.containers as object[];

    expect(container).toMatchObject(CONTAINER);
    expect(JSON.stringify(container)).not.toContain('other');
  });
});

describe('a template', () => {
  const withSpec = (more: object) => ({ ...JOB, spec: { ...SPEC, ...more } });
  const withPod = (more: object) => withSpec({ template: { spec: { ...POD, ...more } } });
  const withContainer = (more: object) => withPod({ containers: [{ ...CONTAINER, ...more }] });

  test.each([
    { name: 'the plain one', job: JOB },
    { name: 'restarts on failure', job: withPod({ restartPolicy: 'OnFailure' }) },
    { name: 'mounts a volume', job: withPod({ volumes: [{ name: 'v', configMap: { name: 'c' } }] }) },
    { name: 'drops rights', job: withContainer({ securityContext: { capabilities: { drop: ['ALL'] } } }) },
    { name: 'has a first step', job: withPod({ initContainers: [CONTAINER] }) },
  ])('$name is taken', ({ job }) => {
    expect(readJobTemplate(stringify(job))).toMatchObject({ kind: 'template' });
    expect(readJobTemplate(JSON.stringify(job))).toMatchObject({ kind: 'template' });
  });

  test.each([
    { name: 'another kind', job: { ...JOB, kind: 'CronJob' }, place: 'kind ' },
    { name: 'another version', job: { ...JOB, apiVersion: 'batch/v2' }, place: 'apiVersion' },
    { name: 'an unknown field', job: { ...JOB, status: {} }, place: 'status' },
    { name: 'no bound on tries', job: withSpec({ backoffLimit: undefined }), place: 'spec.backoffLimit' },
    { name: 'many tries', job: withSpec({ backoffLimit: 4 }), place: 'spec.backoffLimit' },
    { name: 'no end', job: withSpec({ activeDeadlineSeconds: undefined }), place: 'spec.activeDeadlineSeconds' },
    { name: 'a late end', job: withSpec({ activeDeadlineSeconds: 3601 }), place: 'spec.activeDeadlineSeconds' },
    { name: 'many at once', job: withSpec({ parallelism: 100 }), place: 'spec.parallelism' },
    { name: 'restarts for ever', job: withPod({ restartPolicy: 'Always' }), place: 'spec.template.spec.restartPolicy' },
    ...['hostNetwork', 'hostPID', 'hostIPC', 'nodeName', 'priorityClassName', 'runtimeClassName'].map((field) => ({
      name: field,
      job: withPod({ [field]: true }),
      place: `spec.template.spec.${field}`,
    })),
    {
      name: 'a folder of the node',
      job: withPod({ volumes: [{ name: 'root', hostPath: { path: '/' } }] }),
      place: 'spec.template.spec.volumes[0].hostPath',
    },
    {
      name: 'a volume driver',
      job: withPod({ volumes: [{ name: 'root', csi: { driver: 'x' } }] }),
      place: 'spec.template.spec.volumes[0].csi',
    },
    { name: 'no container', job: withPod({ containers: [] }), place: 'spec.template.spec.containers' },
    { name: 'no image', job: withContainer({ image: '' }), place: 'spec.template.spec.containers[0].image' },
    { name: 'a port of the node', job: withContainer({ ports: [] }), place: 'spec.template.spec.containers[0].ports' },
    { name: 'a strange env', job: withContainer({ env: {} }), place: 'spec.template.spec.containers[0].env' },
    {
      name: 'a privileged container',
      job: withContainer({ securityContext: { privileged: true } }),
      place: 'spec.template.spec.containers[0].securityContext.privileged',
    },
    {
      name: 'a privileged first step',
      job: withPod({ initContainers: [{ ...CONTAINER, securityContext: { privileged: true } }] }),
      place: 'spec.template.spec.initContainers[0].securityContext.privileged',
    },
    {
      name: 'more rights',
      job: withContainer({ securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }),
      place: 'spec.template.spec.containers[0].securityContext.capabilities.add',
    },
    {
      name: 'escalation',
      job: withContainer({ securityContext: { allowPrivilegeEscalation: true } }),
      place: 'spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation',
    },
    {
      name: 'no seccomp',
      job: withPod({ securityContext: { seccompProfile: { type: 'Unconfined' } } }),
      place: 'spec.template.spec.securityContext.seccompProfile.type',
    },
  ])('with $name is refused by its place', ({ job, place }) => {
    expect(readJobTemplate(stringify(job))).toMatchObject({ kind: 'invalid', why: expect.stringContaining(place) });
  });

  test.each([
    { name: 'no YAML', text: '{' },
    { name: 'nothing', text: '' },
    { name: 'a list', text: '- kind: Job' },
    { name: 'two documents', text: `${stringify(JOB)}---\n${stringify(JOB)}` },
    { name: 'too long', text: `${stringify(JOB)}#${'x'.repeat(70_000)}` },
    {
      name: 'aliases that grow',
      text: `${stringify({ ...JOB, metadata: undefined })}metadata:
  a: &a [x,x,x,x,x,x,x,x,x]
  b: &b [*a,*a,*a,*a,*a,*a,*a,*a]
  c: &c [*b,*b,*b,*b,*b,*b,*b,*b]
  d: [*c,*c,*c,*c,*c,*c]`,
    },
  ])('that is $name is refused', ({ text }) => {
    expect(readJobTemplate(text)).toMatchObject({ kind: 'invalid' });
  });
});

describe('is refused, and nothing is sent, when', () => {
  test.each<{ name: string; data?: Record<string, string>; remove?: true; expected: RefusalCode; why: RegExp }>([
    { name: 'the ConfigMap is gone', remove: true, expected: 'no-runbook', why: /shop\/drop-caches does not exist/ },
    { name: 'the ConfigMap has no such key', data: { other: '' }, expected: 'no-runbook', why: /has no key job.yaml/ },
    {
      name: 'the template is invalid',
      data: { 'job.yaml': stringify({ ...JOB, kind: 'Pod' }) },
      expected: 'runbook-invalid',
      why: /runbook drop-caches: ConfigMap shop\/drop-caches, key job.yaml: kind must be Job/,
    },
  ])('$name', async ({ data, remove, expected, why }) => {
    const on = await open(data);
    if (remove === true) on.objects.remove('configmaps', 'shop', 'drop-caches');

    const plan = await on.plan('memory-leak');

    expect(plan).toMatchObject({ kind: 'refused', refusal: { code: expected, why: expect.stringMatching(why) } });
    expect(on.writes()).toEqual([]);
  });

  const at = (kind: string, namespace: string, name = 'x') => ({ ...LOCATED, workload: { kind, namespace, name } });

  test.each<{ name: string; cause?: CauseName; more?: Partial<RemedyContext>; expected: RefusalCode }>([
    { name: 'no runbook at all', more: { limits: POLICY.limits }, expected: 'no-runbook' },
    { name: 'no runbook for the cause', cause: 'crash-loop', expected: 'no-runbook' },
    { name: 'another namespace', more: { location: at('Deployment', 'bank') }, expected: 'no-runbook' },
    { name: 'a node', more: { location: at('Node', '') }, expected: 'no-runbook' },
    { name: 'a runbook itself', more: { location: at('Job', 'shop', NAME) }, expected: 'no-runbook' },
    { name: 'a bare pod', more: { location: at('Pod', 'shop') }, expected: 'bare-pod' },
    { name: 'the whole cluster', more: { location: at('Cluster', 'shop') }, expected: 'wrong-kind' },
    { name: 'tried before', more: { tried: ['run-job'] }, expected: 'already-tried' },
  ])('the evidence shows $name', ({ cause = 'memory-leak', more, expected }) => {
    const given = context(cause, { ...AT_SHOP, ...more });

    expect(runJob.consider(given)).toMatchObject({ kind: 'refused', refusal: { code: expected } });
  });

  test('applies where a runbook is for the cause and the namespace, and costs nothing', () => {
    expect(runJob.consider(context('memory-leak', AT_SHOP))).toMatchObject({ kind: 'applies', cures: 'memory-leak' });
    expect(runJob.disruption(context('memory-leak', AT_SHOP)).readyReplicaMinutes).toBe(0);
  });
});
