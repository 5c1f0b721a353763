/** The verbs of RBAC that the adapter needs. */
export type Verb = 'get' | 'list' | 'patch' | 'create' | 'delete';

/**
 * The RBAC rule that a request needs, as it stands in a Role: `verbs ["patch"] on resources ["deployments/scale"] of
 * apiGroups ["apps"] in namespace shop`. Pure.
 */
export function neededRule(verb: Verb, path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  const group = parts[0] === 'apis' ? (parts[1] ?? '') : '';
  const rest = parts.slice(parts[0] === 'apis' ? 3 : 2);
  const namespace = rest[0] === 'namespaces' && rest.length > 2 ? rest[1] : undefined;
  const [plural = '*', , subresource] = namespace === undefined ? rest : rest.slice(2);
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  // A request for a namespace itself is judged in that namespace.
  const judgedIn = namespace ?? (plural === 'namespaces' ? rest[1] : undefined);
  const where = judgedIn === undefined ? 'in the whole cluster' : `in namespace ${decodeURIComponent(judgedIn)}`;
  return `verbs ["${verb}"] on resources ["${resource}"] of apiGroups ["${group}"] ${where}`;
}
