import { expect, test } from '@jest/globals';
import { keyOf, needsOf } from '../../../src/act/rollout/template-needs.ts';
import { template } from '../../builders/incident.ts';

function needed(spec: object, container: object = {}): readonly string[] {
  const basis = template('cart:1');
  const [app] = basis.spec.containers;
  return needsOf({ spec: { ...basis.spec, ...spec, containers: [{ name: 'app', ...app, ...container }] } }).map(keyOf);
}

const optional = { optional: true };

test.each([
  { name: 'nothing', spec: {}, expected: [] },
  {
    name: 'an environment variable',
    container: {
      env: [
        { name: 'PLAIN', value: 'x' },
        { name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } },
        { name: 'B', valueFrom: { secretKeyRef: { name: 'login', key: 'b' } } },
        { name: 'C', valueFrom: { secretKeyRef: { name: 'maybe', key: 'c', ...optional } } },
        { name: 'D', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      ],
    },
    expected: ['ConfigMap settings', 'Secret login'],
  },
  {
    name: 'a whole environment',
    container: {
      envFrom: [
        { configMapRef: { name: 'settings' } },
        { secretRef: { name: 'login' } },
        { configMapRef: { name: 'maybe', ...optional } },
      ],
    },
    expected: ['ConfigMap settings', 'Secret login'],
  },
  {
    name: 'an init container',
    spec: { initContainers: [{ name: 'init', envFrom: [{ configMapRef: { name: 'early' } }] }] },
    expected: ['ConfigMap early'],
  },
  {
    name: 'volumes',
    spec: {
      volumes: [
        { name: 'a', configMap: { name: 'files' } },
        { name: 'b', secret: { secretName: 'certificate' } },
        { name: 'c', secret: { secretName: 'maybe', ...optional } },
        { name: 'd', emptyDir: {} },
        { name: 'e', csi: { driver: 'x', nodePublishSecretRef: { name: 'mount' } } },
        {
          name: 'f',
          projected: {
            sources: [
              { configMap: { name: 'ca' } },
              { secret: { name: 'token' } },
              { secret: { name: 'maybe', ...optional } },
              { serviceAccountToken: { path: 't' } },
            ],
          },
        },
      ],
    },
    expected: ['ConfigMap files', 'Secret certificate', 'Secret mount', 'ConfigMap ca', 'Secret token'],
  },
  { name: 'a pull secret', spec: { imagePullSecrets: [{ name: 'registry' }] }, expected: ['Secret registry'] },
  {
    name: 'the same one twice',
    spec: { volumes: [{ name: 'a', configMap: { name: 'settings' } }] },
    container: { envFrom: [{ configMapRef: { name: 'settings' } }] },
    expected: ['ConfigMap settings'],
  },
  {
    name: 'another shape than expected',
    spec: { volumes: 'all', imagePullSecrets: [null, { name: 7 }] },
    container: { env: {}, envFrom: [3] },
    expected: [],
  },
])('a template needs $name', ({ spec = {}, container = {}, expected }) => {
  expect(needed(spec, container)).toEqual(expected);
});
