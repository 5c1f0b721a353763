import type { Json } from './json.ts';
import { type ResourceType, type ResourceTypes, apiVersionOf } from './resource-types.ts';
import type { BodyAnswer } from './status.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const VERSION: Json = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.3+simulator',
  gitTreeState: 'clean',
  platform: 'linux/amd64',
};
const HEALTH: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz']);

/** A document without definitions, in the only encoding that kubectl takes: it then leaves validation to the server. */
const NO_SCHEMAS: BodyAnswer = {
  status: 200,
  headers: { 'content-type': 'application/octet-stream' },
  body: '',
};

/** Whether a path is answered to everybody, known or not. */
export function isPublic(path: string): boolean {
  return HEALTH.has(path) || path === '/version';
}

/** Answers the paths that say what the server serves; undefined for every other path. */
export function discover(path: string, types: ResourceTypes): BodyAnswer | undefined {
  if (HEALTH.has(path)) {
    return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'ok' };
  }
  if (path === '/openapi/v2') {
    return NO_SCHEMAS;
  }
  const body = discovered(
    path.split('/').filter((part) => part !== ''),
    types,
  );
  return body === undefined ? undefined : { status: 200, body };
}

function discovered(parts: readonly string[], types: ResourceTypes): Json | undefined {
  const [root, first, second, ...rest] = parts;
  if (rest.length > 0) {
    return undefined;
  }
  if (root === 'version' && first === undefined) {
    return VERSION;
  }
  if (root === 'api' && second === undefined) {
    return first === undefined ? { kind: 'APIVersions', versions: ['v1'] } : resourceList('', first, types);
  }
  return root === 'apis' ? discoveredGroup(first, second, types) : undefined;
}

function discoveredGroup(
  group: string | undefined,
  version: string | undefined,
  types: ResourceTypes,
): Json | undefined {
  if (group === undefined) {
    const names = new Set(types.all().flatMap((type) => (type.group === '' ? [] : [type.group])));
    const groups = [...names].map((name) => groupOf(name, types));
    return { kind: 'APIGroupList', apiVersion: 'v1', groups };
  }
  if (version !== undefined) {
    return resourceList(group, version, types);
  }
  const isServed = types.all().some((type) => type.group === group);
  return isServed ? { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group, types) } : undefined;
}

function groupOf(name: string, types: ResourceTypes): Json {
  const served = new Set(types.all().flatMap((type) => (type.group === name ? [type.version] : [])));
  const versions = [...served].map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] };
}

function resourceList(group: string, version: string, types: ResourceTypes): Json | undefined {
  const served = types.all().filter((type) => type.group === group && type.version === version);
  if (served.length === 0) {
    return undefined;
  }
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group, version }),
    resources: served.flatMap(resourcesOf),
  };
}

function resourcesOf(type: ResourceType): readonly Json[] {
  const { plural, kind, namespaced } = type;
  const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
  const eviction = { group: 'policy', version: 'v1', kind: 'Eviction' };
  const written = ['get', 'patch', 'update'];
  return [
    {
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: VERBS,
      ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
    },
    ...(type.status ? [subresource(type, 'status', { kind, verbs: written })] : []),
    ...(type.scale === undefined ? [] : [subresource(type, 'scale', { ...scale, verbs: written })]),
    ...(kind === 'Pod'
      ? [
          subresource(type, 'eviction', { ...eviction, verbs: ['create'] }),
          subresource(type, 'log', { kind, verbs: ['get'] }),
          subresource(type, 'resize', { kind, verbs: written }),
        ]
      : []),
  ];
}

function subresource(type: ResourceType, name: string, served: Json): Json {
  return { name: `${type.plural}/${name}`, singularName: '', namespaced: type.namespaced, ...served };
}
