import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { kept, renderings, type Rendered } from '../../k8s/tools/golden.ts';
import { valuesSchema } from '../../k8s/tools/values-schema.ts';
import { REMEDY_OPTIONS } from '../../src/act/catalogue.ts';
import { configSchema } from '../../src/config/schema.ts';
import { configOrThrow, loadConfig, type LoadedConfig } from '../../src/config/load.ts';
import { workloadsOf } from './support/pods.ts';

const MOUNTED = '/run/secrets/autoheal/';

/** The configuration of a rendering as the pod would load it, with the keys of the Secret that it asked for. */
function load(objects: readonly Rendered[]): { readonly loaded: LoadedConfig; readonly keys: readonly string[] } {
  const config = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'autoheal');
  const data = config?.['data'] as { readonly 'autoheal.yaml': string } | undefined; // Its one key.
  const text = data?.['autoheal.yaml'] ?? 'there: is none';
  const keys: string[] = [];
  const loaded = loadConfig(text, {
    env: {},
    readFile: (path) => {
      if (!path.startsWith(MOUNTED)) throw new Error(`${path} is not mounted`);
      keys.push(path.slice(MOUNTED.length));
      return 'a-secret-of-the-tests\n';
    },
    remedies: REMEDY_OPTIONS,
  });
  return { loaded, keys };
}

/** The keys that the Secret of a rendering has; undefined where it comes from elsewhere. */
function secretKeys(objects: readonly Rendered[]): readonly string[] | undefined {
  const secret = objects.find(({ kind, metadata }) => kind === 'Secret' && metadata.namespace === 'autoheal');
  const external = objects.find(({ kind, metadata }) => kind === 'ExternalSecret' && metadata.namespace === 'autoheal');
  if (secret !== undefined) return Object.keys(secret['stringData'] ?? {});
  const spec = external?.['spec'] as { readonly data: readonly { readonly secretKey: string }[] } | undefined;
  return spec?.data.map(({ secretKey }) => secretKey);
}

describe.each(renderings().map((rendering) => [rendering.name, rendering] as const))(
  'rendered: %s',
  (name, rendering) => {
    const objects = kept(rendering);

    test('the configuration is one that AutoHeal loads, and its secrets are mounted', () => {
      const { loaded, keys } = load(objects);
      const config = configOrThrow(name, loaded);
      const there = secretKeys(objects);

      expect(config.server).toMatchObject({ host: '0.0.0.0', port: 9095, auth: { mode: 'bearer' } });
      expect(config.self).toEqual({
        namespace: 'autoheal',
        workload: { kind: 'Deployment', namespace: 'autoheal', name: 'autoheal' },
      });
      expect(keys).toContain('webhook-token');
      if (there !== undefined) expect([...keys].sort()).toEqual([...there].sort());
    });

    test('the files that it names lie where the pod has volumes, and its port is the one of the pod', () => {
      const config = configOrThrow(name, load(objects).loaded);
      const [container] = workloadsOf(objects)[0]?.pod.containers ?? [];
      const mounts = (container?.volumeMounts ?? []) as readonly {
        readonly name: string;
        readonly mountPath: string;
      }[];
      const places = new Map(mounts.map((mount) => [mount.name, `${mount.mountPath}/`]));

      expect(config.store.path).toMatch(new RegExp(`^${places.get('data')}`));
      expect(MOUNTED).toBe(places.get('secrets'));
      expect(container).toMatchObject({
        args: ['serve', '--config', `${places.get('config')}autoheal.yaml`],
        ports: [{ name: 'http', containerPort: config.server.port }],
      });
    });

    test('it never acts on the monitoring, and by itself only where the values say so', () => {
      const config = configOrThrow(name, load(objects).loaded);
      const monitoring = name === 'without-operator' ? 'observability' : 'monitoring';

      expect(config.policy.protectedNamespaces).toEqual(expect.arrayContaining(['kube-system', monitoring]));
      expect(config.locate.monitoringNamespaces).toEqual([monitoring]);
      expect(config.policy.mode).toBe({ 'all-remedies': 'auto', 'ha-prep': 'approve' }[name] ?? 'observe');
    });
  },
);

test('every section of the configuration can be given to the chart, but those that it fills in itself', () => {
  const sections = (schema: unknown): readonly string[] =>
    Object.keys((schema as { readonly properties: object }).properties).sort(); // A closed object has them.
  const values = valuesSchema(REMEDY_OPTIONS, []) as { readonly properties: { readonly config: object } };

  const FILLED_IN = ['self', 'store'];
  expect([...sections(values.properties.config), ...FILLED_IN].sort()).toEqual(sections(configSchema(REMEDY_OPTIONS)));
});

test('the route of Alertmanager leads to the Service, with the token of the Secret that lies beside it', () => {
  const routes = renderings().flatMap((rendering) => {
    const objects = kept(rendering);
    const service = objects.find(({ kind }) => kind === 'Service');
    return objects
      .filter(({ kind }) => kind === 'AlertmanagerConfig')
      .map((object) => ({ object, service, secrets: objects.filter(({ kind }) => kind.endsWith('Secret')) }));
  });

  expect(routes.length).toBeGreaterThan(4);
  for (const { object, service, secrets } of routes) {
    const text = JSON.stringify(object['spec']);
    const spec = service?.['spec'] as { readonly ports: readonly { readonly port: number }[] } | undefined; // Of its model.
    const port = spec?.ports[0]?.port;
    expect(text).toContain(`http://${service?.metadata.name}.autoheal.svc:${port}/alert`);
    const beside = secrets.filter(({ metadata }) => metadata.namespace === object.metadata.namespace);
    const named = /"credentials":(\{[^}]*\})/.exec(text)?.[1] ?? '{}';
    expect(parse(named)).toMatchObject({ key: 'webhook-token' });
    if (secrets.length > 0) expect(beside.map(({ metadata }) => metadata.name)).toEqual([parse(named).name]);
  }
});
