import {
  changeContainer,
  limitOfTemplate,
  listOf,
  missingConfigOf,
  rollOut,
  runsSickImage,
  templateOf,
} from './targets.ts';
import type { FaultKind } from './targets.ts';

/** A leak that fills a container's limit within five minutes. */
const LEAK_SHARE_PER_SECOND = 1 / 300;

const ROLLOUT = { cures: ['rollback'], eases: ['pause-rollout', 'reroute'], sideEffects: '' } as const;

/** Illnesses that a new version of the workload brings along. */
export const ROLLOUT_FAULTS = {
  'bad-rollout-crash': {
    ...ROLLOUT,
    does: 'rolls out an image whose process exits with 1 soon after its start',
    curedBy: 'rolling the template back: every start of that image crashes',
    strength: { means: 'seconds until the crash', default: 2 },
    start: (context) =>
      rollOut(context, {
        crash: { afterSeconds: context.strength, exitCode: 1, log: "Error: Cannot find module './routes/v2'" },
      }),
    present: runsSickImage,
  },
  'bad-rollout-errors': {
    ...ROLLOUT,
    does: 'rolls out an image that becomes ready and then fails requests',
    curedBy: 'rolling the template back',
    sideEffects: 'its callers fail as often as they call it',
    strength: { means: 'share of requests that fail', default: 0.3 },
    start: (context) => rollOut(context, { errorRatio: context.strength, latencyFactor: 1.5 }),
    present: runsSickImage,
  },
  'bad-rollout-slow': {
    ...ROLLOUT,
    does: 'rolls out an image that becomes ready and answers slowly',
    curedBy: 'rolling the template back',
    sideEffects: 'its callers wait as long',
    strength: { means: 'factor on the time that it takes itself', default: 60 },
    start: (context) => rollOut(context, { latencyFactor: context.strength }),
    present: runsSickImage,
  },
  'bad-rollout-leak': {
    ...ROLLOUT,
    eases: ['pause-rollout', 'rollout-restart', 'restart-pod', 'soft-reset', 'resize'],
    does: 'rolls out an image whose every process leaks',
    curedBy: 'rolling the template back; a restart wins some minutes',
    strength: { means: 'leak; at 1 a process reaches its limit in about five minutes', default: 1 },
    start: (context) =>
      rollOut(context, { leakBytesPerSecond: limitOfTemplate(context) * LEAK_SHARE_PER_SECOND * context.strength }),
    present: runsSickImage,
  },
  'image-pull': {
    ...ROLLOUT,
    eases: ['pause-rollout'],
    does: 'rolls out an image that cannot be pulled',
    curedBy: 'rolling the template back',
    strength: { means: 'nothing', default: 1 },
    start: (context) => rollOut(context, { unpullable: true }),
    present: runsSickImage,
  },
  'missing-config': {
    ...ROLLOUT,
    eases: ['pause-rollout'],
    does: 'rolls out a template that reads a ConfigMap which does not exist',
    curedBy: 'rolling the template back, or creating the ConfigMap',
    strength: { means: 'nothing', default: 1 },
    start: (context) =>
      changeContainer(context, (container) => ({
        ...container,
        envFrom: [...listOf(container['envFrom']), { configMapRef: { name: missingConfigOf(context) } }],
      })),
    stop: ({ kit, fault }) => {
      const name = missingConfigOf({ fault });
      if (kit.get('configmaps', fault.target.namespace, name) === undefined) {
        kit.create('configmaps', {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name, namespace: fault.target.namespace },
          data: {},
        });
      }
    },
    present: (context) =>
      context.kit.get('configmaps', context.fault.target.namespace, missingConfigOf(context)) === undefined &&
      JSON.stringify(templateOf(context)?.spec ?? {}).includes(`"${missingConfigOf(context)}"`),
  },
} as const satisfies Readonly<Record<string, FaultKind>>;
