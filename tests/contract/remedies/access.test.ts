import { describe, expect, test } from '@jest/globals';
import type { AccessRule } from '../../../src/act/remedy.ts';
import { CASES } from './cases/index.ts';
import { prepare, type Prepared } from './prepared.ts';
import { nameOf, openSessions, type PlacedRight, type Right } from './sessions.ts';
import { isWhole, storyOf, wordsOf, wrongThrows, type Story } from './story.ts';

function rightsOf(rules: readonly AccessRule[]): readonly (Right & { readonly optional: boolean })[] {
  return rules.flatMap(({ apiGroups, resources, verbs, optional }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.map((verb) => ({ verb, group, resource, optional: optional !== undefined })),
      ),
    ),
  );
}

/** The rules without one right. */
function without(rules: readonly AccessRule[], right: Right): readonly AccessRule[] {
  return rightsOf(rules)
    .filter((each) => nameOf(each) !== nameOf(right))
    .map(({ verb, group, resource }) => ({ apiGroups: [group], resources: [resource], verbs: [verb] }));
}

describe.each(CASES.map((given) => [given.remedy.name, given] as const))('%s', (_, given) => {
  test('has the rights that it needs, and no other', async () => {
    const sessions = await openSessions();
    const used = new Set<string>();
    const complaints: string[] = [];
    for (const world of given.worlds) {
      const prepared = await prepare(given, world, sessions);
      const clean = await storyOf(prepared, {});
      if (!isWhole(clean)) complaints.push(`${world.name}: ${tellOf(clean)}`);
      const rights = clean.session.rights().map(nameOf);
      for (const right of rights) used.add(right);
      for (const right of rightsOf(given.remedy.rbac).filter((each) => rights.includes(nameOf(each)))) {
        const story = await storyOf(prepared, { rules: without(given.remedy.rbac, right) });
        const throws = wrongThrows(story);
        complaints.push(...throws.map((each) => `${world.name} without ${nameOf(right)}: ${each}`));
        if (isWhole(story) && !right.optional) complaints.push(`${world.name} can do without ${nameOf(right)}`);
        if (!isWhole(story) && !tellOf(story).includes(right.resource.split('/')[0] ?? '')) {
          complaints.push(`${world.name} without ${nameOf(right)} does not name it: ${tellOf(story)}`);
        }
      }
    }
    await sessions.close();

    expect(complaints).toEqual([]);
    expect([...used].sort()).toEqual([...new Set(rightsOf(given.remedy.rbac).map(nameOf))].sort());
  });
});

/** Namespaces in which a Role of AutoHeal has to be, for a world: that of the workload, and those that the policy names. */
function homesOf({ incident, frozen }: Prepared): ReadonlySet<string | undefined> {
  const { nodeGroups, runbooks } = frozen.policy.limits;
  const { kind, namespace: home, name } = incident.location.workload;
  return new Set([
    kind === 'Namespace' ? name : home,
    ...[...nodeGroups, ...runbooks.map(({ configMap }) => configMap)].map(({ namespace }) => namespace),
  ]);
}

describe.each(CASES.map((given) => [given.remedy.name, given] as const))('%s', (_, given) => {
  test('declares for the whole cluster what no Role in a namespace would grant, and nothing else', async () => {
    const sessions = await openSessions();
    const beyond = new Set<string>();
    for (const world of given.worlds) {
      const prepared = await prepare(given, world, sessions);
      const homes = homesOf(prepared);
      const { session } = await storyOf(prepared, {});
      const away = ({ namespace }: PlacedRight): boolean => namespace === undefined || !homes.has(namespace);
      for (const right of session.placedRights().filter(away)) beyond.add(nameOf(right));
    }
    await sessions.close();

    const declared = rightsOf(given.remedy.rbac.filter(({ scope }) => scope === 'cluster')).map(nameOf);
    expect([...new Set(declared)].sort()).toEqual([...beyond].sort());
  });
});

function tellOf(story: Story): string {
  return [wordsOf(story, 'plan'), wordsOf(story, 'execute'), wordsOf(story, 'undo')].join(' | ');
}
