import type { CauseName, Evidence } from '../../domain/diagnosis.ts';
import { NO_ROLLBACK_ANNOTATION, type Refusal } from '../../domain/remedy.ts';
import type { RemedyContext } from '../remedy.ts';
import { currentSince, type RevisionAge } from './tenure.ts';

/** Alerts may take an hour to fire (KubeContainerWaiting); a symptom that is later than this has another reason. */
const REVISION_TO_BLAME_MS = 2 * 60 * 60 * 1000;

/** The refusal where somebody has written on the workload that its revisions must not be taken back. */
export function noRollbackRefusal(annotations: Readonly<Record<string, string>> = {}): Refusal | undefined {
  const noRollback = annotations[NO_ROLLBACK_ANNOTATION];
  if (noRollback === undefined || noRollback === 'false') return undefined;
  return { code: 'no-rollback-annotation', why: `the annotation ${NO_ROLLBACK_ANNOTATION} forbids rollbacks` };
}

/**
 * Why there is nothing to go back to, or the current revision is not to blame: there is no older one, the symptom is older
 * than it, or it ran for hours before. Whether an older one is known to have worked is not asked here.
 *
 * @param revisions newest first, the current one first.
 */
export function blameRefusal(
  revisions: readonly RevisionAge[],
  { symptomSince, diagnosis }: Pick<RemedyContext, 'symptomSince' | 'diagnosis'>,
): Refusal | undefined {
  const [current] = revisions;
  if (current === undefined || revisions.length < 2) return noOlder(current);
  const since = rolledOutAt(revisions, diagnosis.evidence);
  if (symptomSince === undefined || since === undefined) return undefined;
  if (symptomSince < since) {
    const minutes = Math.ceil((since - symptomSince) / 60_000);
    const why = `the symptom began ${minutes} min before revision ${current.revision} was rolled out`;
    return { code: 'symptom-older-than-revision', why };
  }
  if (symptomSince - since > REVISION_TO_BLAME_MS) {
    const hours = Math.floor((symptomSince - since) / 3_600_000);
    return { code: 'does-not-cure', why: `revision ${current.revision} ran for ${hours} h before the symptom began` };
  }
  return undefined;
}

function noOlder(current: RevisionAge | undefined): Refusal {
  if (current === undefined || current.revision === 1) {
    return { code: 'no-healthy-revision', why: 'there is no older revision' };
  }
  return {
    code: 'no-revision-history',
    why: `of the revisions before ${current.revision} none is kept`,
    suggest: 'raise spec.revisionHistoryLimit, and roll the last good version out by hand',
  };
}

/** When the current revision was rolled out. One that was taken up again is older than that: its oldest pod tells then. */
function rolledOutAt(revisions: readonly RevisionAge[], evidence: Evidence): number | undefined {
  const since = currentSince(revisions);
  if (since === undefined || since.exact) return since?.at;
  const current = evidence.revisions.find((each) => each.current);
  const pods = evidence.pods.filter(({ revisionHash }) => revisionHash !== '' && revisionHash === current?.hash);
  return pods.length === 0 ? since.at : Math.max(since.at, Math.min(...pods.map(({ createdAt }) => createdAt)));
}

/** Causes that keep every pod of a revision from ever serving, where the revision is to blame. */
const KEEPS_FROM_STARTING: ReadonlySet<CauseName> = new Set([
  'never-ready',
  'image-pull-failure',
  'configuration-error',
]);

/** A revision that has ready pods can start: something else keeps the others from it (one stuck process, a registry). */
export function provenRefusal([current]: readonly RevisionAge[], cause: CauseName): Refusal | undefined {
  if (current === undefined || current.readyPods === 0 || !KEEPS_FROM_STARTING.has(cause)) return undefined;
  const why = `${current.readyPods} pods of the current revision ${current.revision} are ready: it is not to blame for ${cause}`;
  return { code: 'does-not-cure', why };
}

/** A revision that came after the diagnosis is somebody's work of this minute: they are at it, AutoHeal stands back. */
export function diagnosedRefusal(
  { diagnosis }: Pick<RemedyContext, 'diagnosis'>,
  [current]: readonly RevisionAge[],
): Refusal | undefined {
  const diagnosed = diagnosis.evidence.revisions.find((each) => each.current);
  if (diagnosed === undefined || current === undefined || diagnosed.revision === current.revision) return undefined;
  return {
    code: 'changed-since',
    why: `revision ${current.revision} came after the diagnosis of ${diagnosed.revision}`,
  };
}
