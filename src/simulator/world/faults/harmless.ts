import { rollOut, serviceKeyOf } from './targets.ts';
import type { FaultKind } from './targets.ts';

const NOTHING = { curedBy: 'nothing: there is nothing to cure', cures: [], eases: [], sideEffects: '' } as const;

/** What happens in healthy clusters every day. A diagnosis that goes by what changed last takes it for the cause. */
export const HARMLESS = {
  'good-rollout': {
    ...NOTHING,
    does: 'rolls out an image in which nothing is wrong',
    strength: { means: 'nothing', default: 1 },
    start: (context) => rollOut(context, {}),
    present: () => false,
  },
  'traffic-rise': {
    ...NOTHING,
    does: 'multiplies the requests that reach the service by a little, which it can carry',
    lastsSeconds: 600,
    strength: { means: 'factor', default: 1.2 },
    start: ({ sickness, fault, strength }) => sickness.traffic.set(serviceKeyOf(fault), fault.id, strength),
    present: () => false,
  },
} as const satisfies Readonly<Record<string, FaultKind>>;
