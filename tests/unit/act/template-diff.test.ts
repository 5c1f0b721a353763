import { expect, test } from '@jest/globals';
import { templateDiff } from '../../../src/act/rollout/template-diff.ts';
import { template } from '../../builders/incident.ts';

function withEnv(env: readonly object[]): unknown {
  return { spec: { containers: [{ name: 'app', env }] } };
}

test.each([
  { name: 'nothing', before: template('cart:1'), after: template('cart:1'), lines: [] },
  {
    name: 'an image',
    before: template('cart:2'),
    after: template('cart:1'),
    lines: ['- spec.containers[app].image: cart:2', '+ spec.containers[app].image: cart:1'],
  },
  {
    name: 'a variable that goes does not change those after it',
    before: withEnv([
      { name: 'A', value: '1' },
      { name: 'B', value: 'x' },
    ]),
    after: withEnv([{ name: 'B', value: 'x' }]),
    lines: ['- spec.containers[app].env[A].name: A', '- spec.containers[app].env[A].value: "1"'],
  },
  {
    name: 'text is told from a number and from a word of JSON',
    before: { port: 80, on: 'true', none: null },
    after: { port: '80', on: true, none: 'null' },
    lines: ['- port: 80', '+ port: "80"', '- on: "true"', '+ on: true', '- none: null', '+ none: "null"'],
  },
  {
    name: 'lists without names go by place, empty ones are told from none',
    before: { args: ['--a', '--b'], volumes: [] },
    after: { args: ['--a', '--c'], emptyDir: {} },
    lines: ['- args[1]: --b', '+ args[1]: --c', '- volumes: []', '+ emptyDir: {}'],
  },
  {
    name: 'a value that looks like a secret is not shown',
    before: withEnv([{ name: 'DB_PASSWORD', value: 'hunter2' }]),
    after: withEnv([{ name: 'DB_PASSWORD', value: 'hunter3' }]),
    lines: ['- spec.containers[app].env[DB_PASSWORD].value: ***', '+ spec.containers[app].env[DB_PASSWORD].value: ***'],
  },
  {
    name: 'a digest is told by its beginning',
    before: { image: `cart@sha256:${'a'.repeat(64)}` },
    after: { image: `cart@sha256:${'b'.repeat(64)}` },
    lines: ['- image: cart@sha256:aaaaaaaaaaaa', '+ image: cart@sha256:bbbbbbbbbbbb'],
  },
  {
    name: 'text of several lines stays one line',
    before: { command: 'a\nb\u001b[31m' },
    after: {},
    lines: [String.raw`- command: "a\nb\u001b[31m"`],
  },
])('the difference of two templates: $name', ({ before, after, lines }) => {
  expect(templateDiff(before, after).split('\n').filter(Boolean)).toEqual(lines);
});

test('at most 40 lines, each bounded', () => {
  const before = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`key-${index}`, 'x '.repeat(1000)]));

  const lines = templateDiff(before, {}).split('\n');

  expect(lines).toHaveLength(40);
  expect(lines.at(-1)).toBe('... and 61 more lines');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(250);
});
