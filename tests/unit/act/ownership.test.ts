import { describe, expect, test } from '@jest/globals';
import { gitOpsRefusal, helmNote, marksOf } from '../../../src/act/ownership.ts';
import type { ObjectMeta, OwnerReference } from '../../../src/domain/kubernetes.ts';
import { refusalText } from '../../../src/domain/remedy.ts';
import { aDeployment, stateEvidence } from '../../builders/incident.ts';

const operator: OwnerReference = {
  apiVersion: 'example.org/v1',
  kind: 'Shop',
  name: 'main',
  uid: 'u',
  controller: true,
};

function textOf(metadata: Partial<ObjectMeta>): string {
  const refusal = gitOpsRefusal(marksOf(aDeployment({ metadata })));
  return refusal === undefined ? '' : refusalText(refusal);
}

describe('who owns the spec of an object', () => {
  test.each([
    { name: 'nobody', metadata: {}, expected: '' },
    {
      name: 'Argo CD, by label',
      metadata: { labels: { 'argocd.argoproj.io/instance': 'shop' } },
      expected:
        'gitops-owned: Argo CD owns it (argocd.argoproj.io/instance) and would put it back; change it in Git, or revert the commit there (Argo CD application shop)',
    },
    {
      name: 'Argo CD, by tracking id',
      metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'shop_main:apps/Deployment:shop/cart' } },
      expected:
        'gitops-owned: Argo CD owns it (argocd.argoproj.io/tracking-id) and would put it back; change it in Git, or revert the commit there (Argo CD application shop_main)',
    },
    {
      name: 'Argo CD, by field manager alone',
      metadata: { managedFields: [{ manager: 'kubectl' }, { manager: 'argocd-controller' }] },
      expected:
        'gitops-owned: Argo CD owns it (argocd-controller) and would put it back; change it in Git, or revert the commit there',
    },
    {
      name: 'Flux, a Kustomization',
      metadata: {
        labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' },
      },
      expected:
        'gitops-owned: Flux owns it (kustomize.toolkit.fluxcd.io/name) and would put it back; change it in Git, or revert the commit there (Kustomization flux-system/apps)',
    },
    {
      name: 'Flux, a HelmRelease, though Helm is named too',
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'Helm', 'helm.toolkit.fluxcd.io/name': 'cart' },
      },
      expected:
        'gitops-owned: Flux owns it (helm.toolkit.fluxcd.io/name) and would put it back; change it in Git, or revert the commit there (HelmRelease cart)',
    },
    {
      name: 'plain Helm is no controller',
      metadata: { labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
      expected: '',
    },
    {
      name: 'an operator',
      metadata: { ownerReferences: [operator] },
      expected: 'operator-owned: it belongs to Shop main, whose operator would put it back; change Shop main instead',
    },
    {
      name: 'an owner of a custom kind that does not control it',
      metadata: { ownerReferences: [{ ...operator, controller: false }] },
      expected: '',
    },
    {
      name: 'the Operator Lifecycle Manager, which does not call itself controller',
      metadata: {
        ownerReferences: [
          { apiVersion: 'operators.coreos.com/v1alpha1', kind: 'ClusterServiceVersion', name: 'db.v1', uid: 'u' },
        ],
      },
      expected:
        'operator-owned: it belongs to ClusterServiceVersion db.v1, whose operator would put it back; change ClusterServiceVersion db.v1 instead',
    },
    {
      name: 'a built-in owner',
      metadata: { ownerReferences: [{ ...operator, apiVersion: 'batch/v1', kind: 'CronJob' }] },
      expected: '',
    },
    {
      name: 'a kind of another group that is called like a built-in one',
      metadata: { ownerReferences: [{ ...operator, apiVersion: 'apps.kruise.io/v1beta1', kind: 'StatefulSet' }] },
      expected:
        'operator-owned: it belongs to StatefulSet main, whose operator would put it back; change StatefulSet main instead',
    },
  ])('$name', ({ metadata, expected }) => {
    expect(textOf(metadata)).toBe(expected);
  });

  test('text that somebody planted is bounded and on one line', () => {
    const planted = `x\u001b[31m\n${'y'.repeat(100_000)}`;

    const text = textOf({ annotations: { 'argocd.argoproj.io/tracking-id': planted } });

    expect(text.length).toBeLessThan(400);
    expect(text).not.toMatch(/\p{Cc}/u);
  });

  test.each([
    { ownerKinds: [], code: undefined },
    { ownerKinds: ['ReplicaSet', 'Job'], code: undefined },
    { ownerKinds: ['Shop'], code: 'operator-owned' },
  ])('evidence knows the kinds of owners only: $ownerKinds -> $code', ({ ownerKinds, code }) => {
    expect(gitOpsRefusal(stateEvidence({ ownerKinds }))?.code).toBe(code);
  });
});

test.each([
  { name: 'no Helm', metadata: {}, expected: undefined },
  {
    name: 'its label',
    metadata: { labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
    expected: 'the next helm upgrade overwrites it',
  },
  {
    name: 'its release',
    metadata: { annotations: { 'meta.helm.sh/release-name': 'cart' } },
    expected: 'the next helm upgrade of release cart overwrites it',
  },
])('what plain Helm means for a change: $name', ({ metadata, expected }) => {
  expect(helmNote(marksOf(aDeployment({ metadata })))).toBe(expected);
});
