import type { ContainerEvidence } from './diagnosis.ts';

/** What keeps an image from being pulled. Source: the kubelet's reasons (pkg/kubelet/images, pkg/kubelet/kuberuntime). */
export const IMAGE_REASONS: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);
/** What keeps a container from being started at all. */
export const CONFIG_REASONS: ReadonlySet<string> = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'StartError',
  'ContainerCannotRun',
]);

const FAILED_STATES: ReadonlySet<string> = new Set(['Error', 'OOMKilled', 'ContainerCannotRun', 'StartError']);

/** Whether a container ends again and again: in back-off, ended after a restart, or ended so often and a moment ago. */
export function isCrashing(
  { stateReason, restarts, lastTermination }: ContainerEvidence,
  at: number,
  loop: { readonly restarts: number; readonly recentMs: number },
): boolean {
  if (stateReason === 'CrashLoopBackOff') return true;
  if (FAILED_STATES.has(stateReason)) return restarts > 0;
  const finishedAt = lastTermination?.finishedAt;
  return restarts >= loop.restarts && finishedAt !== undefined && at - finishedAt <= loop.recentMs;
}
