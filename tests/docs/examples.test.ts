import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { REMEDY_OPTIONS } from '../../src/act/catalogue.ts';
import type { Config } from '../../src/config/config.ts';
import { configOrThrow, loadConfig } from '../../src/config/load.ts';
import { permissionFor, type Permission, type PolicySubject } from '../../src/decide/policy-rule.ts';
import { filesIn, textOf } from '../rules/shipped.ts';
import { CONFIG_SCHEMA } from './configuration-page.ts';
import { fencesOf } from './markdown.ts';

const around = {
  env: { AUTOHEAL_WEBHOOK_TOKEN: 'a-token-of-a-test' },
  readFile: () => 'a-secret-of-a-test',
  remedies: REMEDY_OPTIONS,
};

const PAGES = ['README.md', ...filesIn('docs', '.md').map((name) => `docs/${name}`)];

/** The YAML blocks of the guides that are configurations of AutoHeal: every key at their top is one of its sections. */
const EXAMPLES = PAGES.flatMap((page) =>
  fencesOf(textOf(page))
    .filter(({ language, text }) => language === 'yaml' && isConfiguration(text))
    .map((fence, index) => ({ name: `${page}, ${fence.heading} (${index + 1})`, page, ...fence })),
);

function isConfiguration(text: string): boolean {
  const value: unknown = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.keys(value).every((key) => CONFIG_SCHEMA.properties?.[key] !== undefined);
}

test('there are examples, and every one of the policy guide is a configuration', () => {
  const yaml = fencesOf(textOf('docs/policy.md')).filter(({ language }) => language === 'yaml');

  expect(EXAMPLES.length).toBeGreaterThan(8);
  expect(EXAMPLES.filter(({ page }) => page === 'docs/policy.md')).toHaveLength(yaml.length);
});

test.each(EXAMPLES)('$name is taken by the service', ({ text, page }) => {
  // Lists in bullet points are indented as a whole; YAML does not mind.
  expect(loadConfig(text, around)).toMatchObject({ kind: 'ok' });
  expect(page).toMatch(/\.md$/);
});

function exampleOf(heading: string): Config {
  const example = EXAMPLES.find((each) => each.page === 'docs/policy.md' && each.heading === heading);
  return configOrThrow(heading, loadConfig(example?.text ?? 'no: such example', around));
}

function subject(key: string, cause: PolicySubject['cause'] = 'crash-loop'): PolicySubject {
  const [kind = '', namespace = '', name = ''] = key.split('/');
  return { workload: { kind, namespace, name }, alerts: [], cause };
}

interface Case {
  readonly heading: string;
  readonly of: PolicySubject;
  readonly mode: Permission['mode'];
  readonly may?: readonly string[];
  readonly mayNot?: readonly string[];
}

describe('what the examples of docs/policy.md permit', () => {
  test.each<Case>([
    { heading: 'Observe everything', of: subject('Deployment/shop/cart'), mode: 'observe' },
    { heading: 'One namespace heals itself, the rest asks', of: subject('Deployment/shop/cart'), mode: 'auto' },
    { heading: 'One namespace heals itself, the rest asks', of: subject('Deployment/shop-eu/cart'), mode: 'auto' },
    { heading: 'One namespace heals itself, the rest asks', of: subject('Deployment/bank/ledger'), mode: 'approve' },
    {
      heading: 'Databases only ever ask, and are never rolled back',
      of: subject('StatefulSet/shop/db'),
      mode: 'approve',
      may: ['restart-pod'],
      mayNot: ['rollback'],
    },
    {
      heading: 'Databases only ever ask, and are never rolled back',
      of: subject('Deployment/shop/cart'),
      mode: 'auto',
      may: ['rollback'],
    },
    {
      heading: 'Databases only ever ask, and are never rolled back',
      of: subject('StatefulSet/bank/db'),
      mode: 'observe',
    },
    {
      heading: 'Only rollbacks of bad rollouts',
      of: subject('Deployment/shop/cart', 'crash-loop-after-rollout'),
      mode: 'auto',
      may: ['rollback'],
      mayNot: ['restart-pod'],
    },
    { heading: 'Only rollbacks of bad rollouts', of: subject('Deployment/shop/cart', 'memory-leak'), mode: 'observe' },
    { heading: 'Nodes', of: subject('Node//node-1', 'node-not-ready'), mode: 'approve', may: ['drain', 'cordon'] },
    { heading: 'Nodes', of: subject('Deployment/shop/cart'), mode: 'observe', mayNot: ['drain', 'cordon'] },
    { heading: 'Tight limits for a small cluster', of: subject('Deployment/shop/cart'), mode: 'auto' },
    {
      heading: 'Tight limits for a small cluster',
      of: subject('Node//node-1', 'node-not-ready'),
      mode: 'auto',
      mayNot: ['drain', 'cordon'],
    },
    {
      heading: 'A runbook job',
      of: subject('Deployment/shop/cart', 'dependency-failure'),
      mode: 'approve',
      may: ['run-job'],
      mayNot: ['rollback'],
    },
  ])(
    '$heading: $of.workload.kind $of.workload.namespace, $of.cause',
    ({ heading, of, mode, may = [], mayNot = [] }) => {
      const permission = permissionFor(exampleOf(heading).policy, of);

      expect(permission.mode).toBe(mode);
      expect(permission.remedies).toEqual(expect.arrayContaining([...may]));
      expect(permission.remedies.filter((name) => mayNot.includes(name))).toEqual([]);
    },
  );
});
