import type { AccessRule } from '../../act/remedy.ts';
import type { Right } from '../../adapters/kubernetes/examine.ts';
import { AutoHealError, errorText } from '../../domain/errors.ts';
import { inBatches } from '../batches.ts';
import { fail, ok, warn, type Check, type Finding, type Patient } from '../finding.ts';
import { actingNamespaces, enabledRemedies, mayAct } from '../needs.ts';
import { asRules, missingOf, type Asked, type Granted, type Missing } from '../rights.ts';
import { kubernetesOf } from './kubernetes.ts';

const AT_ONCE = 8;
const TIMEOUT_MS = 120_000;

/** Whether the service account may do what the enabled remedies need, and read what the diagnosis needs. */
export const rights: Check = {
  name: 'rights',
  needs: 'kubernetes',
  timeoutMs: () => TIMEOUT_MS,
  async run(patient, signal) {
    try {
      return await look(patient, signal);
    } catch (error) {
      const message = errorText(error);
      const isRefused = error instanceof AutoHealError && error.code === 'PORT_AUTH';
      const todo = isRefused
        ? 'the credentials are not accepted: check the token or the kubeconfig (every account may ask for its own rights)'
        : 'get the check kubernetes to pass first';
      return [fail('rights', message, todo)];
    }
  },
};

async function look(patient: Patient, signal: AbortSignal): Promise<readonly Finding[]> {
  const { access, config } = patient;
  const { policy } = config;
  const given = patient.wishes.namespaces;
  const places = given.length > 0 ? given : actingNamespaces(policy);
  const remedies = enabledRemedies(policy);
  const areas: readonly Area[] = [
    // Whatever is only observed is diagnosed too: what is read is read wherever an alert may come from.
    ...(given.length === 0
      ? [{ name: 'reads', rules: access.reads, kind: 'reads' as const }]
      : [
          {
            name: 'reads',
            rules: access.reads.filter((rule) => !isOfCluster(rule)),
            places: given,
            kind: 'reads' as const,
          },
          { name: 'reads-everywhere', rules: access.reads.filter(isOfCluster), kind: 'everywhere' as const },
        ]),
    ...(config.notify.kubernetesEvents
      ? [{ name: 'events', rules: access.events, places, kind: 'events' as const }]
      : []),
    ...remedies.map((name) => ({ name, rules: access.remedies[name] ?? [], places, kind: 'remedy' as const })),
  ];
  const granted = await ask(patient, areas, signal);
  return areas.map((area) => findingOf(area, missingOf(area, granted), { acts: mayAct(policy) }));
}

function isOfCluster({ scope }: AccessRule): boolean {
  return scope === 'cluster';
}

interface Area extends Asked {
  readonly name: string;
  readonly rules: readonly AccessRule[];
  readonly kind: 'reads' | 'everywhere' | 'events' | 'remedy';
}

/** Asks for each right once, in the whole cluster first and in the single namespaces only where it is not given there. */
async function ask(patient: Patient, areas: readonly Area[], signal: AbortSignal): Promise<Granted> {
  const cluster = kubernetesOf(patient);
  const answers = new Map<string, boolean>();
  const keyOf = (right: Right): string =>
    JSON.stringify([right.verb, right.group, right.resource, right.namespace ?? '']);
  const granted: Granted = (right) => answers.get(keyOf(right)) === true;

  async function askAll(wanted: readonly Right[]): Promise<void> {
    const fresh = [...new Map(wanted.map((right) => [keyOf(right), right])).entries()].filter(
      ([key]) => !answers.has(key),
    );
    await inBatches(fresh, AT_ONCE, async ([key, right]) => {
      if (!signal.aborted) answers.set(key, await cluster.may(right));
    });
  }

  await askAll(areas.flatMap(rightsOf));
  await askAll(
    areas.flatMap((area) =>
      rightsOf({ rules: area.rules.filter((rule) => !isOfCluster(rule)) })
        .filter((right) => !granted(right))
        .flatMap((right) => (area.places ?? []).map((namespace) => ({ ...right, namespace }))),
    ),
  );
  return granted;
}

function rightsOf({ rules }: Asked): readonly Right[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => ({ verb, group, resource })))),
  );
}

/** What is lost where a Role in some namespaces is all that there is. */
const WITHOUT_CLUSTER: Readonly<Record<Area['kind'], string>> = {
  reads: 'alerts of nodes are not located',
  everywhere: 'alerts of nodes are not located, and whether a node has room is not known',
  events: 'no Event will tell of incidents',
  remedy: 'it refuses where it has to know the nodes',
};

function findingOf(area: Area, missing: readonly Missing[], policy: { readonly acts: boolean }): Finding {
  const name = `rights/${area.name}`;
  const needed = missing.filter(({ optional }) => optional === undefined);
  const where = area.places === undefined ? 'in the whole cluster' : `in ${area.places.join(', ')}`;
  if (missing.length === 0) return ok(name, `all granted ${where}`);
  const lacking = `lacks ${missing.map(({ text }) => text).join('; ')}`;
  const rule = `add to ${missing.some((each) => each.place === undefined) ? 'the ClusterRole' : 'the Role in each namespace'}: ${asRules(missing)}`;
  const narrower =
    area.places === undefined ? '; where AutoHeal looks after some namespaces only, name them with --namespace' : '';
  if (needed.length === 0) {
    const why = [...new Set(missing.flatMap(({ optional }) => optional ?? []))].join('; ');
    return warn(name, `${lacking}: ${why}`, `if that matters, ${rule}`);
  }
  if (area.kind === 'everywhere' || (area.places !== undefined && needed.every(({ place }) => place === undefined))) {
    return warn(name, `${lacking}: ${WITHOUT_CLUSTER[area.kind]}`, `if that matters, ${rule}`);
  }
  if (area.kind === 'events') return warn(name, `${lacking}: no Event will tell of incidents`, rule);
  if (area.kind === 'remedy' && !policy.acts) {
    return warn(name, `${lacking}; the policy only observes, so nothing fails yet`, `before it may act, ${rule}`);
  }
  return fail(name, lacking, `${rule}${narrower}`);
}
