import { valueAt } from './decode.ts';
import type { Access, ApiDeps, ApiRequest } from './context.ts';
import type { Json } from './json.ts';
import type { ResourcePath } from './path.ts';
import { type BodyAnswer, failure, forbidden } from './status.ts';

/** Everybody, where no access table is given. */
const ANYBODY: Access = { user: 'system:admin', allowed: () => true };

/** Who sends a request; undefined for a token that is not valid. */
export function identify(deps: ApiDeps, request: ApiRequest): Access | undefined {
  return deps.access === undefined ? ANYBODY : deps.access(request.token);
}

/** 401. */
export function unauthorized(): BodyAnswer {
  return failure({ status: 401, reason: 'Unauthorized', message: 'Unauthorized' });
}

/** One rule of a Role or ClusterRole; `*` stands for all, `pods/*` for every subresource of pods. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** A subject of the API with exactly these rights. */
export interface Identity {
  /** As messages name it, e.g. `system:serviceaccount:autoheal:autoheal`. */
  readonly user: string;
  /** Bound in the whole cluster. */
  readonly rules?: readonly Rule[];
  /** Bound in one namespace each. */
  readonly namespaces?: Readonly<Record<string, readonly Rule[]>>;
}

/** What an identity may do, for `ApiDeps.access`. Whatever no rule grants is refused, as RBAC does. */
export function accessOf(identity: Identity): Access {
  const { user, rules = [] } = identity;
  const own = new Map(Object.entries(identity.namespaces ?? {}));
  const rulesIn = (namespace: string | undefined): readonly Rule[] => [
    ...rules,
    ...((namespace === undefined ? undefined : own.get(namespace)) ?? []),
  ];
  return {
    user,
    allowed: (verb, group, resource, namespace) =>
      rulesIn(namespace).some((rule) => grants(rule, verb, group, resource)),
    rulesIn: (namespace) =>
      rulesIn(namespace).map(({ apiGroups, resources, verbs }) => ({ verbs, apiGroups, resources })),
  };
}

/** An `ApiDeps.access` that knows each identity by its bearer token, and nobody else: 401. */
export function accessByToken(
  identities: Readonly<Record<string, Identity>>,
): (token: string | undefined) => Access | undefined {
  const known = new Map(Object.entries(identities).map(([token, identity]) => [token, accessOf(identity)]));
  return (token) => (token === undefined ? undefined : known.get(token));
}

function grants(rule: Rule, verb: string, group: string, resource: string): boolean {
  const [plural = '', subresource] = resource.split('/');
  const wildcards = ['*', ...(subresource === undefined ? [] : [`${plural}/*`, `*/${subresource}`])];
  return (
    (rule.verbs.includes(verb) || rule.verbs.includes('*')) &&
    (rule.apiGroups.includes(group) || rule.apiGroups.includes('*')) &&
    [resource, ...wildcards].some((name) => rule.resources.includes(name))
  );
}

const VERBS: Readonly<Record<string, readonly [onObject: string, onList: string]>> = {
  DELETE: ['delete', 'deletecollection'],
  GET: ['get', 'list'],
  PATCH: ['patch', 'patch'],
  POST: ['create', 'create'],
  PUT: ['update', 'update'],
};

/** The verb of the access rules that a request needs. */
export function verbOf(request: ApiRequest, path: ResourcePath, query: Readonly<Record<string, string>>): string {
  if (request.method === 'GET' && path.name === undefined && query['watch'] === 'true') {
    return 'watch';
  }
  const [onObject, onList] = VERBS[request.method] ?? ['unknown', 'unknown'];
  return path.name === undefined ? onList : onObject;
}

/** 403 when the sender may not do it; undefined when they may. */
export function denied(access: Access, verb: string, path: ResourcePath): BodyAnswer | undefined {
  const { group, plural, subresource, name } = path;
  const namespace = namespaceOf(path);
  const resource = subresource === '' ? plural : `${plural}/${subresource}`;
  if (access.allowed(verb, group, resource, namespace)) {
    return undefined;
  }
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const why = `User "${access.user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
  return forbidden({ group, name: plural }, name, why);
}

/**
 * The namespace in which a request is judged. One for a namespace itself is judged in that namespace, where a Role can grant
 * it, although the object is of the cluster. Source: k8s.io/apiserver, `RequestInfoFactory.NewRequestInfo`.
 */
function namespaceOf({ namespace, plural, name }: ResourcePath): string | undefined {
  return namespace ?? (plural === 'namespaces' ? name : undefined);
}

const REVIEWS = 'authorization.k8s.io';

/** What everybody may, as SelfSubjectRulesReview lists it. */
const COMMON_RULES: readonly Json[] = [
  { verbs: ['create'], apiGroups: [REVIEWS], resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'] },
  { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
];
const DISCOVERY_URLS = ['/healthz', '/livez', '/openapi', '/openapi/*', '/readyz', '/version', '/version/'];
const ISSUER_URLS = ['/.well-known/openid-configuration', '/openid/v1/jwks'];
const COMMON_URLS: readonly Json[] = [
  { verbs: ['get'], nonResourceURLs: ISSUER_URLS.flatMap((url) => [url, `${url}/`]) },
  { verbs: ['get'], nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'] },
  { verbs: ['get'], nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', ...DISCOVERY_URLS] },
];

/** Whether a path is one of the reviews, which everybody may ask and which store nothing. */
export function isReview(path: ResourcePath): boolean {
  return path.group === REVIEWS && path.version === 'v1' && Object.hasOwn(REVIEW_KINDS, path.plural);
}

const REVIEW_KINDS: Readonly<Record<string, string>> = {
  selfsubjectaccessreviews: 'SelfSubjectAccessReview',
  selfsubjectrulesreviews: 'SelfSubjectRulesReview',
};

/** Answers POST of a SelfSubjectAccessReview or a SelfSubjectRulesReview: 201 with what the sender may. */
export function review(plural: string, body: Json, access: Access): BodyAnswer {
  const kind = REVIEW_KINDS[plural] ?? '';
  const head = { kind, apiVersion: `${REVIEWS}/v1`, metadata: {} };
  if (plural === 'selfsubjectrulesreviews') {
    const status = {
      resourceRules: [...COMMON_RULES, ...rulesShown(body, access)],
      nonResourceRules: COMMON_URLS,
      incomplete: false,
    };
    return { status: 201, body: { ...head, spec: {}, status } };
  }
  return { status: 201, body: { ...head, spec: body['spec'] ?? {}, status: { allowed: mayDo(body, access) } } };
}

function rulesShown(body: Json, access: Access): readonly Json[] {
  const namespace = valueAt(body, 'spec.namespace');
  return access.rulesIn?.(typeof namespace === 'string' ? namespace : 'default') ?? access.rules ?? [];
}

function mayDo(body: Json, access: Access): boolean {
  const attribute = (name: string): string => {
    const value = valueAt(body, `spec.resourceAttributes.${name}`);
    return typeof value === 'string' ? value : '';
  };
  const subresource = attribute('subresource');
  const resource = subresource === '' ? attribute('resource') : `${attribute('resource')}/${subresource}`;
  const namespace = attribute('namespace');
  return access.allowed(attribute('verb'), attribute('group'), resource, namespace === '' ? undefined : namespace);
}
