import { CONFIG_REASONS } from '../../domain/container-state.ts';
import type { Cause } from '../../domain/diagnosis.ts';
import { podNames } from './facts.ts';
import type { Facts } from './facts.ts';
import { count, names, quoted } from './quote.ts';
import { containersIn, notReadySymptoms } from './start-failures.ts';

/** EX_CONFIG of sysexits.h. */
const EX_CONFIG = 78;

const MISSING_OBJECT =
  /\b(?:config ?map|secret)\b[^.]{0,120}\bnot found\b|references non-existent (?:config|secret) key/i;

/** What programs write when their configuration is wrong. Matched against untrusted logs: enough to suspect, not to be sure. */
const LOG_MESSAGES: readonly RegExp[] = [
  /\b(?:missing|undefined|required|unset)\b.{0,40}\b(?:environment variable|env(?:ironment)? var|configuration|config|setting)\b/i,
  /\b(?:environment variable|env(?:ironment)? var|config(?:uration)?(?: (?:key|value|option))?|setting)\b.{0,80}\b(?:is|are|was|were)? ?(?:not set|missing|required|unset|invalid|undefined)\b/i,
  /\b(?:invalid|bad|malformed)\b.{0,20}\b(?:configuration|config|settings)\b/i,
  /\b(?:failed|unable|could not|cannot|error)\b.{0,20}\b(?:load|loading|parse|parsing|read|reading|open)\b.{0,60}\b(?:config\w*|settings|\S+\.(?:ya?ml|toml|ini|conf|json|env|properties))\b/i,
];

/**
 * The configuration is wrong: a ConfigMap or Secret is missing, the container cannot be made as it is described, or it
 * ends at once and says so.
 */
export function configurationError(facts: Facts): Cause | undefined {
  return cannotBeMade(facts) ?? missingObject(facts) ?? saysSo(facts);
}

function cannotBeMade(facts: Facts): Cause | undefined {
  const failing = containersIn(facts, CONFIG_REASONS);
  const [first] = failing;
  if (first === undefined) return undefined;
  const pods = podNames(failing);
  const { stateReason, stateMessage } = first.container;
  return {
    name: 'configuration-error',
    confidence: stateReason === 'CreateContainerConfigError' ? 0.95 : 0.8,
    because: [
      `${count(pods.length, 'pod')} (${names(pods)}) cannot be started: ${stateReason}.`,
      ...(stateMessage === '' ? [] : [`The kubelet says ${quoted(stateMessage)}.`]),
    ],
    symptoms: notReadySymptoms(facts),
  };
}

/** A volume that waits for a ConfigMap or Secret shows only in events; they count while a pod waits because of them. */
function missingObject(facts: Facts): Cause | undefined {
  const waiting = new Set(facts.notReady.map((pod) => `Pod/${pod.name}`));
  const event = facts.evidence.events.find(
    ({ reason, object, message }) => reason === 'FailedMount' && waiting.has(object) && MISSING_OBJECT.test(message),
  );
  if (event === undefined) return undefined;
  return {
    name: 'configuration-error',
    confidence: 0.9,
    because: [`${event.object} cannot mount a volume (seen ${count(event.count, 'time')}): ${quoted(event.message)}.`],
    symptoms: notReadySymptoms(facts),
  };
}

function saysSo(facts: Facts): Cause | undefined {
  const configured = facts.crashing.find(({ container }) => container.lastTermination?.exitCode === EX_CONFIG);
  const spoken = facts.crashing
    .map(({ pod, container }) => {
      const log = facts.evidence.logs.find((entry) => entry.pod === pod.name && entry.container === container.name);
      const line = log?.tail
        .split('\n')
        .findLast((text) => LOG_MESSAGES.some((pattern) => pattern.test(text.slice(0, 500))));
      return { pod, line };
    })
    .find(({ line }) => line !== undefined);
  if (configured === undefined && spoken === undefined) return undefined;
  return {
    name: 'configuration-error',
    confidence: configured === undefined ? 0.6 : 0.75,
    because: [
      ...(configured === undefined
        ? []
        : [`${configured.pod.name} ends with exit code ${EX_CONFIG}, which means a configuration error.`]),
      ...(spoken?.line === undefined ? [] : [`${spoken.pod.name} wrote before it ended: ${quoted(spoken.line)}.`]),
    ],
    symptoms: ['crash-looping', ...notReadySymptoms(facts)],
  };
}
