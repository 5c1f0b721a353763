import { describe, expect, test } from '@jest/globals';
import { quotaUseOf, roomInQuotas } from '../../../src/act/capacity/quota.ts';
import type { PodSpec, ResourceQuota } from '../../../src/domain/kubernetes.ts';
import { asking } from '../../builders/nodes.ts';

type Quantities = Readonly<Record<string, string>>;

function aQuota(hard: Quantities, used: Quantities | undefined, spec: object = {}): ResourceQuota {
  return {
    metadata: { name: 'team', namespace: 'shop', uid: 'uid-team', resourceVersion: '1' },
    spec: { hard, ...spec },
    status: { hard, ...(used === undefined ? {} : { used }) },
  };
}

const limited: PodSpec = {
  containers: [
    { name: 'app', resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1', memory: '2Gi' } } },
  ],
};

const priority = (operator: string, values?: readonly string[]): object => ({
  scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator, values }] },
});

const full = (spec: object): ResourceQuota => aQuota({ pods: '1' }, { pods: '1' }, spec);

interface Case {
  readonly name: string;
  readonly quotas: readonly ResourceQuota[];
  readonly spec?: PodSpec;
  readonly fits: number;
  readonly why: string;
}

const cases: readonly Case[] = [
  { name: 'no quota', quotas: [], fits: 3, why: '' },
  { name: 'room for all', quotas: [aQuota({ pods: '10' }, { pods: '7' })], fits: 3, why: '' },
  {
    name: 'pods',
    quotas: [aQuota({ pods: '10' }, { pods: '8' })],
    fits: 2,
    why: 'quota team has 2 of 10 pods left, a pod needs 1',
  },
  {
    name: 'pods by their other name',
    quotas: [aQuota({ 'count/pods': '4' }, { 'count/pods': '4' })],
    fits: 0,
    why: 'quota team has 0 of 4 count/pods left, a pod needs 1',
  },
  {
    name: 'requested CPU',
    quotas: [aQuota({ 'requests.cpu': '4' }, { 'requests.cpu': '3200m' })],
    fits: 1,
    why: 'quota team has 800m of 4 requests.cpu left, a pod needs 500m',
  },
  {
    name: 'requested CPU by its short name',
    quotas: [aQuota({ cpu: '4' }, { cpu: '4' })],
    fits: 0,
    why: 'quota team has 0 of 4 cpu left, a pod needs 500m',
  },
  {
    name: 'requested memory',
    quotas: [aQuota({ 'requests.memory': '8Gi' }, { 'requests.memory': '6Gi' })],
    fits: 2,
    why: 'quota team has 2Gi of 8Gi requests.memory left, a pod needs 1Gi',
  },
  {
    name: 'limits',
    quotas: [aQuota({ 'limits.memory': '8Gi', 'limits.cpu': '100' }, { 'limits.memory': '5Gi', 'limits.cpu': '1' })],
    fits: 1,
    why: 'quota team has 3Gi of 8Gi limits.memory left, a pod needs 2Gi',
  },
  {
    name: 'more used than there is',
    quotas: [aQuota({ pods: '4' }, { pods: '6' })],
    fits: 0,
    why: 'quota team has 0 of 4 pods left, a pod needs 1',
  },
  {
    name: 'the tightest of several',
    quotas: [aQuota({ pods: '10' }, { pods: '8' }), aQuota({ cpu: '1' }, { cpu: '500m' })],
    fits: 1,
    why: 'quota team has 500m of 1 cpu left, a pod needs 500m',
  },
  {
    name: 'a use that is not known yet',
    quotas: [aQuota({ pods: '10' }, undefined)],
    fits: 0,
    why: 'what quota team has left of pods is not known yet',
  },
  {
    name: 'what the pods do not ask for',
    quotas: [aQuota({ 'requests.nvidia.com/gpu': '0', services: '0' }, {})],
    fits: 3,
    why: '',
  },
  { name: 'a quota for pods without requests', quotas: [full({ scopes: ['BestEffort'] })], fits: 3, why: '' },
  {
    name: 'a quota for pods with requests',
    quotas: [full({ scopes: ['NotBestEffort'] })],
    fits: 0,
    why: 'quota team has 0 of 1 pods left, a pod needs 1',
  },
  { name: 'a quota for pods that end', quotas: [full({ scopes: ['Terminating'] })], fits: 3, why: '' },
  {
    name: 'a quota for pods that do not end',
    quotas: [full({ scopes: ['NotTerminating'] })],
    fits: 0,
    why: 'quota team has 0 of 1 pods left, a pod needs 1',
  },
  { name: 'a quota for a priority', quotas: [full(priority('In', ['high']))], fits: 3, why: '' },
  {
    name: 'a quota for the priority of the pod',
    quotas: [full(priority('In', ['high']))],
    spec: { ...limited, priorityClassName: 'high' },
    fits: 0,
    why: 'quota team has 0 of 1 pods left, a pod needs 1',
  },
  {
    name: 'a quota for all but a priority',
    quotas: [full(priority('NotIn', ['high']))],
    spec: { ...limited, priorityClassName: 'high' },
    fits: 3,
    why: '',
  },
  { name: 'a quota for pods with a priority', quotas: [full(priority('Exists'))], fits: 3, why: '' },
  {
    name: 'a quota for pods without one',
    quotas: [full(priority('DoesNotExist'))],
    fits: 0,
    why: 'quota team has 0 of 1 pods left, a pod needs 1',
  },
  {
    name: 'a scope that is not known counts',
    quotas: [full({ scopes: ['VolumeAttributesClass'] })],
    fits: 0,
    why: 'quota team has 0 of 1 pods left, a pod needs 1',
  },
];

describe('how many of three more pods a namespace allows', () => {
  test.each(cases)('$name -> $fits', ({ quotas, spec = limited, fits, why }) => {
    expect(roomInQuotas(quotas, spec, 3)).toEqual({ fits, why });
  });
});

test('a pod counts under every name that a quota may use for it', () => {
  expect(Object.fromEntries(quotaUseOf(limited))).toEqual({
    pods: 1,
    'count/pods': 1,
    cpu: 500,
    memory: 2 ** 30,
    'requests.cpu': 500,
    'requests.memory': 2 ** 30,
    'limits.cpu': 1000,
    'limits.memory': 2 ** 31,
  });
  expect(Object.fromEntries(quotaUseOf(asking({ 'nvidia.com/gpu': '2' })))).toEqual({
    pods: 1,
    'count/pods': 1,
    'requests.nvidia.com/gpu': 2,
  });
});
