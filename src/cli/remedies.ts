import { CATALOGUE } from '../act/catalogue.ts';
import { catalogueMarkdown, catalogueText } from '../act/describe.ts';
import { readConfig } from './read-config.ts';

/** Prints the catalogue of remedies from their declarations; with a configuration, which of them its policy allows. */
export function listRemedies(options: {
  readonly config?: string;
  readonly json?: boolean;
  readonly markdown?: boolean;
}): void {
  const allowed = options.config === undefined ? undefined : readConfig(options.config).policy.remedies;
  process.stdout.write(`${render(options, allowed)}\n`);
}

function render(
  { json, markdown }: { readonly json?: boolean; readonly markdown?: boolean },
  allowed: readonly string[] | undefined,
): string {
  if (markdown === true) return catalogueMarkdown(CATALOGUE).trimEnd();
  if (json !== true) return catalogueText(CATALOGUE, allowed);
  const listed = CATALOGUE.map((remedy) => {
    const { name, summary, kinds, cures, needs, refusals, undoes, afterwards, onByDefault, rbac } = remedy;
    const declared = { name, summary, kinds, cures, needs, refusals, undoes, afterwards, onByDefault, rbac };
    return allowed === undefined ? declared : { ...declared, allowed: allowed.includes(name) };
  });
  return JSON.stringify(listed, null, 2);
}
