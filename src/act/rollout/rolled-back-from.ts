/**
 * Annotation on a workload: the revisions that AutoHeal rolled back from, newest first, each as `NAME@TIME` (RFC 3339). Names
 * and not numbers: a revision that is taken up again gets another number.
 */
export const ROLLED_BACK_FROM_ANNOTATION = 'autoheal.io/rolled-back-from';

/** A revision that AutoHeal has rolled back from is none to go back to for so long. */
const AVOIDED_FOR_MS = 24 * 60 * 60 * 1000;
/** So many are remembered. */
const MAX_ENTRIES = 10;

type Annotations = Readonly<Record<string, string>>;

/** The names of the revisions that AutoHeal has rolled back from in the 24 hours before `now` (epoch milliseconds). */
export function rolledBackFrom(annotations: Annotations | undefined, now: number): ReadonlySet<string> {
  const recent = entriesOf(annotations).filter(({ at }) => now - at < AVOIDED_FOR_MS);
  return new Set(recent.map(({ name }) => name));
}

/** The annotation's value after another rollback, from the revision of this name. */
export function withRollbackFrom(annotations: Annotations | undefined, name: string, now: number): string {
  const others = entriesOf(annotations).filter((each) => each.name !== name);
  return [{ name, at: now }, ...others]
    .slice(0, MAX_ENTRIES)
    .map((each) => `${each.name}@${new Date(each.at).toISOString()}`)
    .join(',');
}

/** Anybody may have written the annotation: what is no entry is left out. */
function entriesOf(annotations: Annotations | undefined): readonly { readonly name: string; readonly at: number }[] {
  const text = annotations?.[ROLLED_BACK_FROM_ANNOTATION] ?? '';
  return text.split(',').flatMap((entry) => {
    const [name = '', time = ''] = entry.split('@');
    const at = Date.parse(time);
    return name === '' || Number.isNaN(at) ? [] : [{ name, at }];
  });
}
