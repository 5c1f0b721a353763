import type { AccessRule } from '../act/remedy.ts';
import type { Right } from '../adapters/kubernetes/examine.ts';

/** Rules that are held against what is granted. */
export interface Asked {
  readonly rules: readonly AccessRule[];
  /** Namespaces in which they are needed; the whole cluster when left out. */
  readonly places?: readonly string[] | undefined;
}

/** Whether a right is granted: in its namespace, or in the whole cluster where it names none. */
export type Granted = (right: Right) => boolean;

/** One right that is not granted. */
export interface Missing {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** The namespace in which it is missing; the whole cluster when left out. */
  readonly place?: string;
  /** What is lost without it, where AutoHeal can do without. */
  readonly optional?: string;
  /** `patch deployments.apps in shop`. */
  readonly text: string;
}

/** The rights of some rules that are not granted, each once. A right in the whole cluster is one in each namespace. */
export function missingOf(asked: Asked, granted: Granted): readonly Missing[] {
  const missing = new Map<string, Missing>();
  const lacking = asked.rules.flatMap((rule) => lackingOf(rule, { ...asked, granted }));
  for (const found of lacking) {
    // A rule that cannot do without a right wins over one that can.
    const known = missing.get(found.text);
    if (known === undefined || known.optional !== undefined) missing.set(found.text, found);
  }
  return [...missing.values()];
}

function lackingOf(
  { apiGroups, resources, verbs, scope, optional }: AccessRule,
  at: Pick<Asked, 'places'> & { readonly granted: Granted },
): readonly Missing[] {
  const inCluster = product(apiGroups, resources, verbs).filter((right) => !at.granted(right));
  const lost = optional === undefined ? {} : { optional };
  return inCluster.flatMap((right) => {
    const places = scope === 'cluster' ? undefined : at.places;
    if (places === undefined) return [{ ...describe(right, undefined), ...lost }];
    const without = places.filter((namespace) => !at.granted({ ...right, namespace }));
    return without.map((place) => ({ ...describe(right, place), ...lost }));
  });
}

function product(groups: readonly string[], resources: readonly string[], verbs: readonly string[]): readonly Right[] {
  return groups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => ({ verb, group, resource }))));
}

function describe({ verb, group, resource }: Right, place: string | undefined): Missing {
  const what = `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
  return {
    verb,
    group,
    resource,
    text: place === undefined ? what : `${what} in ${place}`,
    ...(place !== undefined && { place }),
  };
}

/** The rules that grant what is missing, as entries of a Role in one line of YAML. */
export function asRules(missing: readonly Missing[]): string {
  const verbsOf = new Map<string, Set<string>>();
  for (const { group, resource, verb } of missing) {
    const key = JSON.stringify([group, resource]);
    verbsOf.set(key, (verbsOf.get(key) ?? new Set()).add(verb));
  }
  const resourcesOf = new Map<
    string,
    { readonly group: string; readonly verbs: readonly string[]; readonly resources: string[] }
  >();
  for (const [key, verbs] of verbsOf) {
    const [group = '', resource = ''] = JSON.parse(key) as readonly string[]; // Written above.
    const sorted = [...verbs].sort();
    const rule = resourcesOf.get(`${group} ${sorted.join()}`) ?? { group, verbs: sorted, resources: [] };
    rule.resources.push(resource);
    resourcesOf.set(`${group} ${sorted.join()}`, rule);
  }
  return [...resourcesOf.values()]
    .map(({ group, resources, verbs }) => {
      const quoted = (texts: readonly string[]): string => `[${texts.map((each) => JSON.stringify(each)).join(', ')}]`;
      return `- {apiGroups: ${quoted([group])}, resources: ${quoted(resources.sort())}, verbs: ${quoted(verbs)}}`;
    })
    .join(' ');
}
