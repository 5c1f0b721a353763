import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeKubernetesCluster, type KubernetesClusterOptions } from '../../src/adapters/kubernetes/cluster.ts';
import type { ClusterWrite } from '../../src/domain/cluster-write.ts';
import type { Cluster } from '../../src/ports/cluster.ts';

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Reply =
  | { readonly status: number; readonly json?: unknown; readonly text?: string }
  | 'hang'
  | 'hang-up'
  | 'hang-up-in-the-body';

let server: Server;
let url: string;
let asked: Asked[];
let replies: Reply[];
let folder: string;

beforeEach(async () => {
  asked = [];
  replies = [];
  folder = mkdtempSync(join(tmpdir(), 'autoheal-kubernetes-'));
  server = createServer(answer);
  url = `http://127.0.0.1:${await listening(server)}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Gives the next reply; the last one again and again. */
const answer: RequestListener = (incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    const { method = '', url: path = '', headers } = incoming;
    asked.push({ method, url: path, headers, body: Buffer.concat(chunks).toString() });
    reply(outgoing, (replies.length > 1 ? replies.shift() : replies[0]) ?? { status: 404, json: NOT_FOUND });
  });
};

function reply(outgoing: ServerResponse, given: Reply): void {
  if (given === 'hang') return;
  if (given === 'hang-up') {
    outgoing.destroy();
  } else if (given === 'hang-up-in-the-body') {
    outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
    outgoing.write('{"kind":', () => outgoing.destroy());
  } else {
    outgoing.writeHead(given.status, { 'content-type': given.text === undefined ? 'application/json' : 'text/plain' });
    outgoing.end(given.text ?? JSON.stringify(given.json));
  }
}

function listening(listener: Server | ReturnType<typeof createTlsServer>): Promise<number> {
  return new Promise((resolve) => {
    listener.listen(0, '127.0.0.1', () => {
      const address = listener.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

function clusterOn(options: Partial<KubernetesClusterOptions> = {}): Cluster {
  return makeKubernetesCluster({
    connection: { server: url, token: 't0ken' },
    timeoutMs: 2_000,
    retryMs: 1,
    ...options,
  });
}

function failure(code: number, reason: string, message: string, details: object = {}): Reply {
  return {
    status: code,
    json: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, details, code },
  };
}

const NOT_FOUND = { kind: 'Status', status: 'Failure', message: 'not found', reason: 'NotFound', code: 404 };
const FORBIDDEN =
  'pods is forbidden: User "system:serviceaccount:rec:weak" cannot list resource "pods" in API group "" in the namespace "rec"';

describe('reading', () => {
  test('an object comes as it was sent, times as text', async () => {
    const pod = { kind: 'Pod', metadata: { name: 'web-1', creationTimestamp: '2026-11-21T02:54:52Z', odd: [1] } };
    replies = [{ status: 200, json: pod }];

    const got = await clusterOn().get('Pod', { namespace: 'rec', name: 'web-1' });

    expect(got).toEqual(pod);
    expect(asked).toMatchObject([{ method: 'GET', url: '/api/v1/namespaces/rec/pods/web-1' }]);
    expect(asked[0]?.headers).toMatchObject({ authorization: 'Bearer t0ken', 'user-agent': 'autoheal' });
  });

  test.each([
    { kind: 'Deployment', ref: { namespace: 'a', name: 'b' }, path: '/apis/apps/v1/namespaces/a/deployments/b' },
    { kind: 'Node', ref: { name: 'b' }, path: '/api/v1/nodes/b' },
    { kind: 'Namespace', ref: { namespace: 'a', name: 'b' }, path: '/api/v1/namespaces/b' },
    { kind: 'APIService', ref: { name: 'v1.b' }, path: '/apis/apiregistration.k8s.io/v1/apiservices/v1.b' },
    {
      kind: 'HorizontalPodAutoscaler',
      ref: { namespace: 'a', name: 'b' },
      path: '/apis/autoscaling/v2/namespaces/a/horizontalpodautoscalers/b',
    },
    {
      kind: 'Pod',
      ref: { namespace: 'a/../b', name: 'c?d#e%' },
      path: '/api/v1/namespaces/a%2F..%2Fb/pods/c%3Fd%23e%25',
    },
  ] as const)('$kind is read at $path, and undefined when it is not there', async ({ kind, ref, path }) => {
    replies = [{ status: 404, json: NOT_FOUND }];

    const got = await clusterOn().get(kind, ref);

    expect(got).toBeUndefined();
    expect(asked.map((each) => each.url)).toEqual([path]);
  });

  test.each(['..', '.', ''])('a name that would leave its place is refused unsent: %j', async (name) => {
    await expect(clusterOn().get('Pod', { namespace: 'rec', name })).rejects.toMatchObject({ code: 'PORT_CLIENT' });
    expect(asked).toEqual([]);
  });

  test('a namespaced object without its namespace is refused unsent', async () => {
    await expect(clusterOn().get('Pod', { name: 'web' })).rejects.toMatchObject({ code: 'PORT_CLIENT' });
    expect(asked).toEqual([]);
  });

  test('the address may end in a path', async () => {
    await clusterOn({ connection: { server: `${url}/k8s/clusters/c-1/` } }).get('Node', { name: 'n' });

    expect(asked[0]?.url).toBe('/k8s/clusters/c-1/api/v1/nodes/n');
    expect(asked[0]?.headers.authorization).toBeUndefined();
  });

  test('a list follows its pages', async () => {
    replies = [
      { status: 200, json: { metadata: { continue: 'next one' }, items: [{ n: 1 }, { n: 2 }] } },
      { status: 200, json: { metadata: {}, items: [{ n: 3 }] } },
    ];

    const items = await clusterOn().list('Pod', {
      namespace: 'rec',
      labelSelector: 'a in (b,c)',
      fieldSelector: 'x=y',
    });

    expect(items).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    const queries = asked.map((each) => Object.fromEntries(new URL(each.url, url).searchParams));
    const selected = { labelSelector: 'a in (b,c)', fieldSelector: 'x=y', limit: '500' };
    expect(queries).toEqual([selected, { ...selected, continue: 'next one' }]);
  });

  test('a list whose next page is gone is read again from its start', async () => {
    const first: Reply = { status: 200, json: { metadata: { continue: 'c' }, items: [{ n: 1 }] } };
    const gone = failure(410, 'Expired', 'The provided continue parameter is too old');
    replies = [first, gone, { status: 200, json: { metadata: {}, items: [{ n: 2 }] } }];

    expect(await clusterOn().list('Pod', {})).toEqual([{ n: 2 }]);
    expect(asked[0]?.url).toBe('/api/v1/pods?limit=500');
  });

  test('a list that is gone again and again fails', async () => {
    const first: Reply = { status: 200, json: { metadata: { continue: 'c' }, items: [] } };
    const gone = failure(410, 'Expired', 'too old');
    replies = [first, gone, first, gone];

    await expect(clusterOn().list('Pod', {})).rejects.toMatchObject({ code: 'PORT_SERVER' });
  });

  test('a missing right is named as the rule that would give it', async () => {
    replies = [failure(403, 'Forbidden', FORBIDDEN, { kind: 'pods' })];

    const listing = clusterOn().list('Pod', { namespace: 'rec' });

    await expect(listing).rejects.toMatchObject({ code: 'PORT_AUTH', retryable: false, context: { status: 403 } });
    await expect(listing).rejects.toThrow(FORBIDDEN);
    await expect(listing).rejects.toThrow('verbs ["list"] on resources ["pods"] of apiGroups [""] in namespace rec');
    expect(asked).toHaveLength(1);
  });

  test.each([
    { name: '401', reply: failure(401, 'Unauthorized', 'Unauthorized'), code: 'PORT_AUTH', tries: 1 },
    { name: '400', reply: failure(400, 'BadRequest', 'bad selector'), code: 'PORT_CLIENT', tries: 1 },
    { name: '302', reply: { status: 302, text: 'elsewhere' }, code: 'PORT_CLIENT', tries: 1 },
    { name: '429', reply: failure(429, 'TooManyRequests', 'slow down'), code: 'PORT_RATE_LIMITED', tries: 3 },
    { name: '500', reply: failure(500, 'InternalError', 'etcd'), code: 'PORT_SERVER', tries: 3 },
    { name: '503 with a page of a proxy', reply: { status: 503, text: '<html>' }, code: 'PORT_SERVER', tries: 3 },
    { name: 'no JSON', reply: { status: 200, text: 'hello' }, code: 'PORT_SERVER', tries: 1 },
    { name: 'a connection that is lost', reply: 'hang-up', code: 'PORT_UNREACHABLE', tries: 3 },
    { name: 'one lost in the middle', reply: 'hang-up-in-the-body', code: 'PORT_UNREACHABLE', tries: 3 },
  ] satisfies readonly { name: string; reply: Reply; code: string; tries: number }[])(
    '$name is $code after $tries tries',
    async ({ reply: given, code, tries }) => {
      replies = [given];

      await expect(clusterOn().list('Pod', {})).rejects.toMatchObject({ code });
      expect(asked).toHaveLength(tries);
    },
  );

  test('a read that fails once succeeds', async () => {
    replies = [failure(503, 'ServiceUnavailable', 'starting'), { status: 200, json: { metadata: { name: 'n' } } }];

    expect(await clusterOn().get('Node', { name: 'n' })).toEqual({ metadata: { name: 'n' } });
  });

  test('a server that does not answer is a time-out', async () => {
    replies = ['hang'];

    await expect(clusterOn({ timeoutMs: 40 }).get('Node', { name: 'n' })).rejects.toMatchObject({
      code: 'PORT_TIMEOUT',
      retryable: true,
    });
    expect(asked).toHaveLength(3);
  });

  test('nobody at that address is unreachable', async () => {
    const cluster = clusterOn();
    server.close();
    server.closeAllConnections();

    await expect(cluster.get('Node', { name: 'n' })).rejects.toMatchObject({ code: 'PORT_UNREACHABLE' });
  });

  test('an answer beyond 64 MiB is not held in memory', async () => {
    replies = [{ status: 200, text: `"${'x'.repeat(64 * 1024 * 1024)}"` }];

    await expect(clusterOn({ timeoutMs: 10_000 }).get('Node', { name: 'n' })).rejects.toThrow(
      'longer than AutoHeal holds',
    );
  });
});

describe('any object', () => {
  const ROLLOUTS = {
    kind: 'APIResourceList',
    groupVersion: 'argoproj.io/v1alpha1',
    resources: [
      { name: 'rollouts', kind: 'Rollout', namespaced: true },
      { name: 'rollouts/scale', kind: 'Scale', namespaced: true },
      { name: 'clusterrollouts', kind: 'ClusterRollout', namespaced: false },
      'nonsense',
    ],
  };
  const ref = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', namespace: 'shop', name: 'cart' };

  test('of a custom kind is found by discovery, which is asked once', async () => {
    const object = { metadata: { name: 'cart' } };
    replies = [
      { status: 200, json: ROLLOUTS },
      { status: 200, json: object },
    ];
    const cluster = clusterOn();

    const got = await cluster.getAny(ref);
    await cluster.getAny({ ...ref, kind: 'ClusterRollout', name: 'x' });
    const subresource = await cluster.getAny({ ...ref, kind: 'Scale' });

    expect(got).toEqual(object);
    expect(subresource).toBeUndefined();
    expect(asked.map((each) => each.url)).toEqual([
      '/apis/argoproj.io/v1alpha1',
      '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/cart',
      '/apis/argoproj.io/v1alpha1/clusterrollouts/x',
    ]);
  });

  test('of a known kind needs no discovery', async () => {
    await clusterOn().getAny({ apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace: 'a', name: 'b' });
    await clusterOn().getAny({ apiVersion: 'v1', kind: 'Node', name: 'b' });

    expect(asked.map((each) => each.url)).toEqual(['/apis/apps/v1/namespaces/a/replicasets/b', '/api/v1/nodes/b']);
  });

  test('of a kind that only shares its name with a known one is not taken for it', async () => {
    const knative = { resources: [{ name: 'services', kind: 'Service', namespaced: true }] };
    replies = [
      { status: 200, json: knative },
      { status: 404, json: NOT_FOUND },
    ];

    await clusterOn().getAny({ apiVersion: 'serving.knative.dev/v1', kind: 'Service', namespace: 'a', name: 'b' });

    expect(asked[1]?.url).toBe('/apis/serving.knative.dev/v1/namespaces/a/services/b');
  });

  test('of a group that is not served is undefined, and asked again a minute later', async () => {
    let elapsed = 0;
    const cluster = clusterOn({ elapsed: () => elapsed });

    const first = [await cluster.getAny(ref), await cluster.getAny(ref)];
    const before = asked.length;
    elapsed = 60_000;
    replies = [
      { status: 200, json: ROLLOUTS },
      { status: 200, json: { metadata: { name: 'cart' } } },
    ];
    const later = await cluster.getAny(ref);

    expect(first).toEqual([undefined, undefined]);
    expect(before).toBe(1);
    expect(later).toEqual({ metadata: { name: 'cart' } });
  });

  test('a discovery that fails is not remembered', async () => {
    replies = [failure(500, 'InternalError', 'down')];
    const cluster = clusterOn();
    await expect(cluster.getAny(ref)).rejects.toMatchObject({ code: 'PORT_SERVER' });

    replies = [
      { status: 200, json: ROLLOUTS },
      { status: 200, json: { metadata: { name: 'cart' } } },
    ];

    expect(await cluster.getAny(ref)).toBeDefined();
  });
});

describe('logs of the run before', () => {
  const query = { namespace: 'rec', pod: 'crash-1', container: 'app', tailLines: 50 };

  test('are text, asked for with their bounds', async () => {
    replies = [{ status: 200, text: 'line 1\nline 2\n' }];

    const log = await clusterOn().previousLogs(query);

    expect(log).toBe('line 1\nline 2\n');
    const { pathname, searchParams } = new URL(asked[0]?.url ?? '', url);
    expect(pathname).toBe('/api/v1/namespaces/rec/pods/crash-1/log');
    expect(Object.fromEntries(searchParams)).toEqual({
      container: 'app',
      previous: 'true',
      tailLines: '50',
      limitBytes: '262144',
    });
  });

  test.each([
    { name: 'no run before', reply: failure(400, 'BadRequest', 'previous terminated container "app" not found') },
    { name: 'no such pod', reply: failure(404, 'NotFound', 'pods "crash-1" not found') },
  ])('$name: empty', async ({ reply: given }) => {
    replies = [given];

    expect(await clusterOn().previousLogs(query)).toBe('');
  });

  test('are cut off at 256 kB whatever the server sends', async () => {
    replies = [{ status: 200, text: 'x'.repeat(400_000) }];

    expect(await clusterOn().previousLogs(query)).toHaveLength(256 * 1024);
  });
});

describe('writing', () => {
  const PATCH: ClusterWrite = {
    method: 'PATCH',
    path: '/apis/apps/v1/namespaces/rec/deployments/web',
    contentType: 'application/strategic-merge-patch+json',
    body: { metadata: { resourceVersion: '1', uid: 'u' } },
  };
  const EVICT: ClusterWrite = {
    method: 'POST',
    path: '/api/v1/namespaces/rec/pods/web-1/eviction',
    contentType: 'application/json',
    body: { kind: 'Eviction', metadata: { name: 'web-1' }, deleteOptions: { preconditions: { uid: 'u' } } },
  };

  test('a PATCH carries its body, its type and the field manager, and answers the object', async () => {
    replies = [{ status: 200, json: { kind: 'Deployment' } }];

    const got = await clusterOn().send(PATCH, { dryRun: false });

    expect(got).toEqual({ kind: 'ok', object: { kind: 'Deployment' } });
    expect(asked).toMatchObject([
      { method: 'PATCH', url: `${PATCH.path}?fieldManager=autoheal`, body: JSON.stringify(PATCH.body) },
    ]);
    expect(asked[0]?.headers).toMatchObject({ 'content-type': PATCH.contentType, authorization: 'Bearer t0ken' });
  });

  test('a dry run of a PATCH says so in the query', async () => {
    await clusterOn().send(PATCH, { dryRun: true });

    expect(asked).toMatchObject([
      { url: `${PATCH.path}?dryRun=All&fieldManager=autoheal`, body: JSON.stringify(PATCH.body) },
    ]);
  });

  test('a dry run of an eviction says so in its options, beside the precondition', async () => {
    replies = [{ status: 201, json: { kind: 'Status', status: 'Success', code: 201 } }];

    const got = await clusterOn().send(EVICT, { dryRun: true });

    expect(got.kind).toBe('ok');
    expect(asked[0]?.url).toBe(`${EVICT.path}?dryRun=All`);
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      kind: 'Eviction',
      metadata: { name: 'web-1' },
      deleteOptions: { preconditions: { uid: 'u' }, dryRun: ['All'] },
    });
  });

  test('an eviction in earnest is sent just as it was journalled', async () => {
    replies = [{ status: 201, json: { kind: 'Status', status: 'Success', code: 201 } }];

    await clusterOn().send(EVICT, { dryRun: false });

    expect(asked).toMatchObject([{ url: EVICT.path, body: JSON.stringify(EVICT.body) }]);
  });

  const BUDGET = {
    causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget web needs 2 healthy pods' }],
  };
  const outcomes: readonly { name: string; reply: Reply; to: object }[] = [
    {
      name: '409',
      reply: failure(409, 'Conflict', 'has been modified'),
      to: { kind: 'refused', code: 'CONFLICT', status: 409, message: 'has been modified' },
    },
    { name: '422', reply: failure(422, 'Invalid', 'immutable'), to: { kind: 'refused', code: 'INVALID' } },
    {
      name: '429 of a budget',
      reply: failure(429, 'TooManyRequests', 'Cannot evict pod', BUDGET),
      to: {
        kind: 'refused',
        code: 'BUDGET',
        message: 'Cannot evict pod (The disruption budget web needs 2 healthy pods)',
      },
    },
    {
      name: '429 of a crowd',
      reply: failure(429, 'TooManyRequests', 'slow down'),
      to: { kind: 'refused', code: 'RATE_LIMITED' },
    },
    { name: '404', reply: failure(404, 'NotFound', 'not found'), to: { kind: 'refused', code: 'NOT_FOUND' } },
    {
      name: '415',
      reply: failure(415, 'UnsupportedMediaType', '415'),
      to: { kind: 'refused', code: 'OTHER', status: 415 },
    },
    { name: '500', reply: failure(500, 'InternalError', 'etcd'), to: { kind: 'maybe' } },
    { name: '504', reply: { status: 504, text: '' }, to: { kind: 'maybe' } },
    { name: 'a lost connection', reply: 'hang-up', to: { kind: 'maybe' } },
    { name: 'a time-out', reply: 'hang', to: { kind: 'maybe' } },
    { name: 'an answer that ends in the middle', reply: 'hang-up-in-the-body', to: { kind: 'maybe' } },
    { name: '200 with something else than JSON', reply: { status: 200, text: 'ok' }, to: { kind: 'ok' } },
  ];

  test.each(outcomes)('$name means $to.kind $to.code, and is sent once', async ({ reply: given, to }) => {
    replies = [given];

    const got = await clusterOn({ timeoutMs: given === 'hang' ? 40 : 2_000 }).send(PATCH, { dryRun: false });

    expect(got).toMatchObject(to);
    expect(asked).toHaveLength(1);
  });

  test('403 names the rule that is missing', async () => {
    replies = [failure(403, 'Forbidden', 'pods "web-1" is forbidden')];

    const got = await clusterOn().send(EVICT, { dryRun: false });

    expect(got).toMatchObject({
      kind: 'refused',
      code: 'FORBIDDEN',
      message: expect.stringContaining('"pods/eviction"'),
    });
    expect(got).toMatchObject({ message: expect.stringContaining('verbs ["create"]') });
  });

  test('nobody at that address: certainly not done', async () => {
    const cluster = clusterOn();
    server.close();
    server.closeAllConnections();

    expect(await cluster.send(PATCH, { dryRun: false })).toMatchObject({ kind: 'refused', code: 'OTHER', status: 0 });
  });

  test('each write opens its own connection', async () => {
    replies = [{ status: 200, json: {} }];
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
    });
    const cluster = clusterOn();

    await cluster.send(PATCH, { dryRun: true });
    await cluster.send(PATCH, { dryRun: false });

    expect(connections).toBe(2);
  });

  test.each(['/api/v1/../../secret', '/api/v1/pods?x=y', 'api/v1', '/api//v1', '/api/%2e%2e/v1'])(
    'a path that points elsewhere is refused unsent: %s',
    async (path) => {
      expect(await clusterOn().send({ ...PATCH, path }, { dryRun: false })).toMatchObject({ kind: 'refused' });
      expect(asked).toEqual([]);
    },
  );
});

describe('recording an Event', () => {
  const event = {
    regarding: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'rec', name: 'web', uid: 'u' },
    type: 'Normal',
    reason: 'Healed',
    action: 'RolloutRestart',
    note: 'restarted',
    at: Date.UTC(2026, 10, 21, 3, 0, 0, 7),
  } as const;

  test('sends what the API requires', async () => {
    replies = [{ status: 201, json: {} }];

    await clusterOn().recordEvent(event);

    expect(asked).toMatchObject([{ method: 'POST', url: '/apis/events.k8s.io/v1/namespaces/rec/events' }]);
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { generateName: 'autoheal-', namespace: 'rec' },
      eventTime: '2026-11-21T03:00:00.007000Z',
      reportingController: 'autoheal.io/controller',
      reportingInstance: 'autoheal',
      action: 'RolloutRestart',
      reason: 'Healed',
      type: 'Normal',
      note: 'restarted',
      regarding: event.regarding,
    });
  });

  test('keeps 1,024 bytes of the note, whole characters', async () => {
    replies = [{ status: 201, json: {} }];

    await clusterOn().recordEvent({ ...event, note: `x${'ü'.repeat(2000)}` });

    expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({ note: `x${'ü'.repeat(511)}` });
  });

  test('about an object without a namespace goes to the default one', async () => {
    replies = [{ status: 201, json: {} }];
    const node = { apiVersion: 'v1', kind: 'Node', namespace: '', name: 'n1', uid: 'u' };

    await clusterOn().recordEvent({ ...event, regarding: node });

    expect(asked[0]?.url).toBe('/apis/events.k8s.io/v1/namespaces/default/events');
    expect(JSON.parse(asked[0]?.body ?? '').regarding).toEqual({
      apiVersion: 'v1',
      kind: 'Node',
      name: 'n1',
      uid: 'u',
    });
  });

  test('that fails throws and is not sent again', async () => {
    replies = [failure(500, 'InternalError', 'etcd')];

    await expect(clusterOn().recordEvent(event)).rejects.toMatchObject({ code: 'PORT_SERVER' });
    expect(asked).toHaveLength(1);
  });
});

describe('connections', () => {
  function kubeconfig(server_ = url): string {
    const path = join(folder, 'config');
    const config = {
      'current-context': 'one',
      clusters: [{ name: 'c', cluster: { server: server_, 'insecure-skip-tls-verify': true } }],
      users: [
        { name: 'tokens', user: { token: 'from-file' } },
        { name: 'basic', user: { username: 'anna', password: 'secret' } },
        {
          name: 'exec',
          user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'false', interactiveMode: 'Never' } },
        },
      ],
      contexts: [
        { name: 'one', context: { cluster: 'c', user: 'tokens' } },
        { name: 'two', context: { cluster: 'c', user: 'basic' } },
        { name: 'broken', context: { cluster: 'none', user: 'tokens' } },
        { name: 'exec', context: { cluster: 'c', user: 'exec' } },
      ],
    };
    writeFileSync(path, JSON.stringify(config)); // JSON is YAML.
    return path;
  }

  test.each([
    { name: 'the current context', context: undefined, authorization: 'Bearer from-file' },
    { name: 'another context', context: 'two', authorization: `Basic ${btoa('anna:secret')}` },
  ])('a kubeconfig and $name', async ({ context, authorization }) => {
    const connection = { kubeconfig: kubeconfig(), ...(context === undefined ? {} : { context }) };

    await clusterOn({ connection }).get('Node', { name: 'n' });

    expect(asked[0]?.headers.authorization).toBe(authorization);
  });

  test.each([
    { name: 'a file that is not there', connection: () => ({ kubeconfig: join(folder, 'none') }), says: 'none' },
    { name: 'an unknown context', connection: () => ({ kubeconfig: kubeconfig(), context: 'x' }), says: 'one, two' },
    {
      name: 'a context without a cluster',
      connection: () => ({ kubeconfig: kubeconfig(), context: 'broken' }),
      says: 'broken',
    },
    { name: 'an address that is no URL', connection: () => ({ server: 'kubernetes:6443' }), says: 'kubernetes:6443' },
  ])('$name is refused at once', ({ connection, says }) => {
    expect(() => clusterOn({ connection: connection() })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(says) }),
    );
  });

  test('credentials that cannot be had are no request', async () => {
    const cluster = clusterOn({ connection: { kubeconfig: kubeconfig(), context: 'exec' } });
    const write = {
      method: 'PATCH',
      path: '/api/v1/nodes/n',
      contentType: 'application/merge-patch+json',
      body: {},
    } as const;

    await expect(cluster.get('Node', { name: 'n' })).rejects.toMatchObject({ code: 'PORT_AUTH' });
    expect(await cluster.send(write, { dryRun: false })).toMatchObject({ kind: 'refused', code: 'OTHER' });
    expect(asked).toEqual([]);
  });

  const hasOpenssl = spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0;
  const testTls = hasOpenssl ? test : test.skip;
  const reason = hasOpenssl ? '' : ' (openssl is not on PATH to make a certificate with)';

  testTls(`the given authority is trusted, an unknown one is not, and nothing is sent then${reason}`, async () => {
    const made = makeCertificate();
    const secure = createTlsServer({ key: readFileSync(made.key), cert: readFileSync(made.cert) }, answer);
    const server_ = `https://127.0.0.1:${await listening(secure)}`;
    replies = [{ status: 200, json: { metadata: { name: 'n' } } }];
    const write = {
      method: 'PATCH',
      path: '/api/v1/nodes/n',
      contentType: 'application/merge-patch+json',
      body: {},
    } as const;

    const trusted = clusterOn({ connection: { server: server_, token: 't', caFile: made.cert } });
    const unknown = clusterOn({ connection: { server: server_, token: 't' } });

    expect(await trusted.get('Node', { name: 'n' })).toEqual({ metadata: { name: 'n' } });
    expect(await trusted.send(write, { dryRun: false })).toMatchObject({ kind: 'ok' });
    await expect(unknown.get('Node', { name: 'n' })).rejects.toMatchObject({ code: 'PORT_UNREACHABLE' });
    expect(await unknown.send(write, { dryRun: false })).toMatchObject({ kind: 'refused', code: 'OTHER' });
    expect(asked).toHaveLength(2);
    secure.closeAllConnections();
    secure.close();
  });

  function makeCertificate(): { readonly key: string; readonly cert: string } {
    const key = join(folder, 'key.pem');
    const cert = join(folder, 'cert.pem');
    const subject = ['-subj', '/CN=autoheal-test', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject];
    expect(spawnSync('openssl', args, { stdio: 'ignore', timeout: 10_000 }).status).toBe(0);
    return { key, cert };
  }
});
