import type { AccessRule, Remedy } from './remedy.ts';

/** The catalogue for a terminal. `allowed` are the remedies that a policy allows; left out where no policy is looked at. */
export function catalogueText(catalogue: readonly Remedy[], allowed?: readonly string[]): string {
  return catalogue
    .map((remedy) => {
      const { name, summary, kinds, needs, refusals, undoes, onByDefault, rbac } = remedy;
      const state = allowed === undefined ? onByDefault : allowed.includes(name);
      return [
        `${name} (${allowed === undefined ? `by default ${onOff(state)}` : onOff(state)})`,
        `  ${summary}`,
        `  works on  ${kinds.join(', ')}`,
        `  cures     ${curesText(remedy)}`,
        `  needs     ${needs.join(', ')}`,
        `  refuses   ${refusals.join(', ')}`,
        `  undo      ${undoes}`,
        `  access    ${rbac.map(ruleText).join('; ')}`,
      ].join('\n');
    })
    .join('\n\n');
}

/** The catalogue as the page `docs/remedies.md`. */
export function catalogueMarkdown(catalogue: readonly Remedy[]): string {
  const table = [
    '| remedy | what it does | by default |',
    '| --- | --- | --- |',
    ...catalogue.map(
      ({ name, summary, onByDefault }) => `| [${name}](#${name}) | ${summary} | ${onOff(onByDefault)} |`,
    ),
  ];
  return [
    '# Remedies',
    '',
    'Made from the declarations in `src/act/remedies/` by `npm run -s autoheal -- remedies --markdown > docs/remedies.md`; do not edit.',
    '',
    'Besides these there is `none`: to wait and to verify. Each cure has a likelihood: of ten such cases so many recover by it, as far as',
    'people judge. A remedy that is off by default is switched on in `policy.remedies`.',
    '',
    ...table,
    '',
    ...catalogue.flatMap(section),
  ].join('\n');
}

function section(remedy: Remedy): readonly string[] {
  const { name, summary, kinds, needs, refusals, undoes, afterwards, rbac } = remedy;
  return [
    `## ${name}`,
    '',
    summary,
    '',
    `- **Works on:** ${kinds.join(', ')}`,
    `- **Cures:** ${curesText(remedy)}`,
    `- **Needs to know:** ${needs.join(', ')}`,
    `- **Refuses with:** ${refusals.map((code) => `\`${code}\``).join(', ')}`,
    `- **Undo:** ${undoes}`,
    `- **Afterwards:** ${afterwards}`,
    '- **Access:**',
    ...rbac.map((rule) => `  - ${ruleText(rule)}`),
    '',
  ];
}

function curesText({ cures }: Remedy): string {
  const all = Object.entries(cures).sort(([, one], [, other]) => other - one);
  return all.length === 0 ? 'nothing' : all.map(([cause, likelihood]) => `${cause} (${likelihood})`).join(', ');
}

function ruleText({ apiGroups, resources, verbs, scope, optional }: AccessRule): string {
  const groups = apiGroups.filter((group) => group !== '');
  const of = groups.length === 0 ? '' : ` of ${groups.join(', ')}`;
  const where = scope === 'cluster' ? ' in the whole cluster' : '';
  return `${verbs.join(', ')} ${resources.join(', ')}${of}${where}${optional === undefined ? '' : ` (optional: ${optional})`}`;
}

function onOff(on: boolean): string {
  return on ? 'on' : 'off';
}
