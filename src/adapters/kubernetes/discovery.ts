import type { Resource } from './paths.ts';
import { groupVersionPath } from './paths.ts';

export interface DiscoveryDeps {
  /** The JSON of a path, or undefined for 404. Rejects when it cannot be read. */
  readonly read: (path: string) => Promise<object | undefined>;
  /** Milliseconds that only go forward. */
  readonly now: () => number;
}

/** Where the objects of any kind are served; undefined when the server does not know the kind. */
export type Discover = (ref: { readonly apiVersion: string; readonly kind: string }) => Promise<Resource | undefined>;

/** A custom resource definition that is installed later is found after this time. */
const KEEP_MS = 10 * 60_000;
const KEEP_UNKNOWN_MS = 60_000;
const MAX_GROUP_VERSIONS = 100;

interface Kept {
  readonly until: number;
  readonly kinds: Promise<ReadonlyMap<string, Resource>>;
}

/** Asks each API group once for the kinds it serves, and keeps the answer for a while. */
export function makeDiscovery({ read, now }: DiscoveryDeps): Discover {
  const kept = new Map<string, Kept>();

  async function kindsOf(apiVersion: string): Promise<ReadonlyMap<string, Resource>> {
    const known = kept.get(apiVersion);
    if (known !== undefined && now() < known.until) return known.kinds;
    const asked = ask(apiVersion);
    remember(apiVersion, { until: now() + KEEP_MS, kinds: asked });
    try {
      const kinds = await asked;
      if (kinds.size === 0) remember(apiVersion, { until: now() + KEEP_UNKNOWN_MS, kinds: asked });
      return kinds;
    } catch (error) {
      kept.delete(apiVersion);
      throw error;
    }
  }

  function remember(apiVersion: string, entry: Kept): void {
    kept.delete(apiVersion);
    kept.set(apiVersion, entry);
    const oldest = kept.keys().next().value;
    if (kept.size > MAX_GROUP_VERSIONS && oldest !== undefined) kept.delete(oldest);
  }

  async function ask(apiVersion: string): Promise<ReadonlyMap<string, Resource>> {
    const [group, version] = splitApiVersion(apiVersion);
    const answer = await read(groupVersionPath({ group, version }));
    return answer === undefined ? new Map() : kindsIn(answer, group, version);
  }

  return async ({ apiVersion, kind }) => (await kindsOf(apiVersion)).get(kind);
}

/** Group (empty for the core one) and version of an apiVersion. */
export function splitApiVersion(apiVersion: string): readonly [string, string] {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

/** The kinds of an APIResourceList. Subresources, such as `deployments/scale`, share a kind with something else. */
function kindsIn(answer: object, group: string, version: string): ReadonlyMap<string, Resource> {
  const listed: readonly unknown[] = 'resources' in answer && Array.isArray(answer.resources) ? answer.resources : [];
  const kinds = new Map<string, Resource>();
  for (const each of listed) {
    if (typeof each !== 'object' || each === null || !('name' in each) || !('kind' in each)) continue;
    const { name, kind } = each;
    if (typeof name !== 'string' || typeof kind !== 'string' || name.includes('/')) continue;
    const namespaced = 'namespaced' in each && each.namespaced === true;
    kinds.set(kind, { group, version, plural: name, namespaced });
  }
  return kinds;
}
