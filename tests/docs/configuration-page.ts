import { REMEDY_OPTIONS } from '../../src/act/catalogue.ts';
import { configSchema } from '../../src/config/schema.ts';

/** The parts of a JSON schema that the schema of the configuration uses. */
export interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
}

/** One key of the file, by its dotted path; `[]` stands for every item of a list. */
export interface Key {
  readonly path: string;
  readonly schema: Schema;
  readonly required: boolean;
}

/** The schema of the configuration file with the remedies of the catalogue. */
export const CONFIG_SCHEMA = configSchema(REMEDY_OPTIONS) as Schema; // A JSON schema: every field above is optional.

/** Every key below a schema, each before those inside it. */
export function keysOf(schema: Schema, above = ''): readonly Key[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, each]) => {
    const path = above === '' ? name : `${above}.${name}`;
    return [{ path, schema: each, required: schema.required?.includes(name) === true }, ...keysOf(each, path)];
  });
  const ofItems = schema.items?.properties === undefined ? [] : keysOf(schema.items, `${above}[]`);
  return [...own, ...(schema.oneOf ?? []).flatMap((each) => keysOf(each, above)), ...ofItems];
}

const INTRODUCTION = `# Configuration

Made from \`src/config/\` by \`npm run docs\`; do not edit.

One YAML file, named by \`--config\` or \`AUTOHEAL_CONFIG\`. Every key may be left out unless it says required. Without a file the
defaults hold: AutoHeal listens on loopback and observes.

- An unknown key is an error: a misspelt limit must not become no limit.
- \`\${NAME}\` in a string stands for an environment variable, \`\${file:PATH}\` for the trimmed content of a file. One that is not
  there is an error.
- \`npm run -s autoheal -- check --config FILE\` prints every problem at once, each with its line. The exit code is 78 then.
- A new file takes effect with a restart: it is read once.
- \`[]\` in a key stands for every item of a list.

[policy.md](policy.md) is the guide to the section \`policy\`. The chart has its own [values](../k8s/chart/autoheal/README.md#values); its
key \`config\` takes these keys, without those that it fills in itself.
`;

/** The page docs/configuration.md. */
export function configurationPage(): string {
  const sections = Object.entries(CONFIG_SCHEMA.properties ?? {}).map(([name, schema]) => sectionOf(name, schema));
  return [INTRODUCTION, ...sections].join('\n');
}

function sectionOf(name: string, schema: Schema): string {
  const rows = keysOf(schema, name).map(({ path, schema: each, required }) => {
    const cells = [
      `\`${path}\``,
      typeOf(each),
      required ? 'required' : defaultOf(each),
      rangeOf(each),
      meaningOf(each),
    ];
    return `| ${cells.map(cell).join(' | ')} |`;
  });
  const header = ['| key | type | default | range | meaning |', '| --- | --- | --- | --- | --- |'];
  return [`## ${name}`, '', meaningOf(schema), '', ...header, ...rows, ''].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function meaningOf({ description = '' }: Schema): string {
  return description;
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  if (schema.type === 'array')
    return `list of ${schema.items?.type === 'object' ? 'sections' : typeOf(schema.items ?? {})}`;
  if (schema.type !== 'object') return schema.type ?? '';
  return typeof schema.additionalProperties === 'object' ? 'texts by name' : 'section';
}

function defaultOf(schema: Schema): string {
  if (schema.default === undefined) return '';
  const isSection = schema.type === 'object' && schema.oneOf === undefined && schema.properties !== undefined;
  return isSection ? '' : code(schema.default);
}

function rangeOf(schema: Schema): string {
  const parts = [
    schema.minimum !== undefined && `from ${schema.minimum}`,
    schema.exclusiveMinimum !== undefined && `above ${schema.exclusiveMinimum}`,
    schema.maximum !== undefined && `to ${schema.maximum}`,
    schema.minItems !== undefined && `at least ${schema.minItems}`,
    schema.maxItems !== undefined && `at most ${schema.maxItems}`,
    schema.minProperties !== undefined && 'not empty',
    ...textRange(schema.items ?? schema),
  ];
  return parts.filter((part) => part !== false).join(' ');
}

function textRange({ minLength, pattern }: Schema): readonly (string | false)[] {
  return [
    minLength !== undefined && minLength > 1 && `at least ${minLength} characters`,
    pattern !== undefined && `like \`${pattern}\``,
  ];
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
