import { AutoHealError, errorText, type ErrorCode } from '../domain/errors.ts';
import type { Incident, Outcome } from '../domain/incident.ts';
import type { Located } from '../domain/location.ts';
import type { RemedyName } from '../domain/remedy.ts';
import { describeIncident } from '../notify/message.ts';
import { milestoneKey } from '../notify/milestone.ts';
import { plainText } from '../notify/text.ts';
import type { Cluster, ClusterEventRecord } from '../ports/cluster.ts';
import type { DeliveryAnswer, Notifier, NotifyFailure } from '../ports/notifier.ts';

/** The API server keeps 1,024 characters. */
const MAX_NOTE = 1000;
/** Leaves room for what comes after it. */
const MAX_STATUS = 600;

/** API versions of the kinds that Events are recorded on. Others get none: their version is not known. */
const API_VERSIONS: Readonly<Record<string, string>> = {
  Pod: 'v1',
  Node: 'v1',
  Namespace: 'v1',
  Service: 'v1',
  PersistentVolumeClaim: 'v1',
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  ReplicaSet: 'apps/v1',
  Job: 'batch/v1',
  CronJob: 'batch/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
};

type Said = Pick<ClusterEventRecord, 'type' | 'reason'>;

/** Outcomes as Events; those of which the workload need not hear have none. */
const OUTCOMES = {
  healed: { type: 'Normal', reason: 'Healed' },
  'self-recovered': { type: 'Normal', reason: 'SelfRecovered' },
  observed: { type: 'Normal', reason: 'Observed' },
  refused: { type: 'Warning', reason: 'Refused' },
  denied: { type: 'Warning', reason: 'Denied' },
  expired: { type: 'Warning', reason: 'ApprovalExpired' },
  'not-healed': { type: 'Warning', reason: 'NotHealed' },
  unknown: { type: 'Warning', reason: 'RecoveryUnknown' },
  escalated: { type: 'Warning', reason: 'Escalated' },
  cancelled: undefined,
  merged: undefined,
} as const satisfies Record<Outcome, Said | undefined>;

/**
 * Records an Event on the located workload, for `kubectl describe`: when AutoHeal asks, has acted, and is done with it.
 * Where nothing is located, or nothing is to be said, there is nothing to do and the answer is `sent`.
 */
export function makeKubernetesEventNotifier({ cluster }: { readonly cluster: Pick<Cluster, 'recordEvent'> }): Notifier {
  return {
    channel: 'kubernetes-event',
    async deliver(incident, thread): Promise<DeliveryAnswer> {
      const milestone = milestoneKey(incident) ?? '';
      const event = eventOf(incident);
      if (event === undefined || thread?.['milestone'] === milestone) return { kind: 'sent', thread: thread ?? {} };
      try {
        await cluster.recordEvent(event);
        return { kind: 'sent', thread: { milestone } };
      } catch (error) {
        return failureOf(error);
      }
    },
  };
}

function eventOf(incident: Incident): ClusterEventRecord | undefined {
  const said = saidOf(incident);
  const regarding = regardingOf(incident);
  if (said === undefined || regarding === undefined) return undefined;
  const { status, nextStep, incident: id } = describeIncident(incident);
  return {
    regarding,
    ...said,
    action: actionOf(incident),
    note: plainText(`${plainText(status, MAX_STATUS)} Next step: ${nextStep} (AutoHeal ${id})`, MAX_NOTE),
    at: incident.updatedAt,
  };
}

function saidOf(incident: Incident): Said | undefined {
  if (incident.phase === 'acted') return { type: 'Normal', reason: 'Acted' };
  if (incident.phase === 'awaiting-approval') return { type: 'Warning', reason: 'ApprovalNeeded' };
  return incident.phase === 'closed' ? OUTCOMES[incident.outcome] : undefined;
}

function regardingOf(incident: Incident): ClusterEventRecord['regarding'] | undefined {
  const location = 'location' in incident ? incident.location : undefined;
  return location?.kind === 'located' ? objectOf(location) : undefined;
}

function objectOf({ workload, uid }: Located): ClusterEventRecord['regarding'] | undefined {
  const apiVersion = API_VERSIONS[workload.kind];
  return apiVersion === undefined || uid === undefined ? undefined : { apiVersion, ...workload, uid };
}

/** `RolloutRestart` for `rollout-restart`; what the Event is about where no remedy was chosen. */
function actionOf(incident: Incident): string {
  return camelCase(remedyOf(incident) ?? 'none');
}

function remedyOf(incident: Incident): RemedyName | undefined {
  if ('intent' in incident && incident.intent !== undefined) return incident.intent.remedy;
  const last = incident.attempts.at(-1);
  if (last !== undefined) return last.intent.remedy;
  const verdict = 'verdict' in incident ? incident.verdict : undefined;
  return verdict !== undefined && 'candidate' in verdict ? verdict.candidate.remedy : undefined;
}

function camelCase(name: RemedyName): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

const REASONS: Readonly<Partial<Record<ErrorCode, NotifyFailure>>> = {
  PORT_CLIENT: 'client',
  PORT_AUTH: 'auth',
  PORT_RATE_LIMITED: 'rate-limited',
  PORT_TIMEOUT: 'timeout',
  PORT_UNREACHABLE: 'unreachable',
};

function failureOf(error: unknown): DeliveryAnswer {
  const reason = (error instanceof AutoHealError ? REASONS[error.code] : undefined) ?? 'server';
  const detail = errorText(error);
  if (reason === 'client') return { kind: 'failed', reason, detail };
  if (reason === 'auth') return { kind: 'failed', reason, detail: `${detail}: allow create on events (events.k8s.io)` };
  return { kind: 'retry', reason, detail };
}
