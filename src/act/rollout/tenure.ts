/** The parts of a revision that choosing one looks at; evidence and objects both have them. */
export interface RevisionAge {
  readonly revision: number;
  /** Of the ReplicaSet or ControllerRevision: unlike the number, it stays when the revision is taken up again. */
  readonly name: string;
  /** Epoch milliseconds; 0 where it is not known. */
  readonly createdAt: number;
  readonly readyPods: number;
  /** The numbers that it had before the present one, oldest first. Absent where nobody writes them down. */
  readonly former?: readonly number[];
}

/** Having been the current revision for so long counts as having worked. Kubernetes gives up on a rollout after 10 minutes. */
const PROVEN_AFTER_MS = 10 * 60 * 1000;

/**
 * The revisions to go back to, best first: those that have ready pods now and were current for at least 10 minutes, then
 * those that have ready pods, then those that were current for so long; the newest first each time. Those whose name is in
 * `left` are none: AutoHeal has just left them.
 *
 * @param revisions newest first, the current one first.
 */
export function healthyRevisions<T extends RevisionAge>(
  revisions: readonly T[],
  left: ReadonlySet<string> = new Set(),
): readonly T[] {
  const served = servedMs(revisions);
  const older = revisions.slice(1).filter(({ name }) => !left.has(name));
  const isProven = ({ name }: T): boolean => (served.get(name) ?? 0) >= PROVEN_AFTER_MS;
  const serving = older.filter(({ readyPods }) => readyPods > 0);
  const idle = older.filter(({ readyPods }) => readyPods === 0);
  return [
    ...serving.filter((each) => isProven(each)),
    ...serving.filter((each) => !isProven(each)),
    ...idle.filter((each) => isProven(each)),
  ];
}

/** Since when the current revision is current (epoch milliseconds). Not `exact`: not before then, and maybe later. */
export interface CurrentSince {
  readonly at: number;
  readonly exact: boolean;
}

/** @param revisions newest first, the current one first. */
export function currentSince(revisions: readonly RevisionAge[]): CurrentSince | undefined {
  const [current] = revisions;
  if (current === undefined) return undefined;
  const begun = begins(revisions).find(({ number }) => number === current.revision);
  return begun === undefined ? undefined : { at: begun.earliest, exact: begun.exact };
}

/** A time at which a revision became the current one, as its number says. */
interface Begin {
  readonly number: number;
  readonly name: string;
  readonly earliest: number;
  readonly latest: number;
  readonly exact: boolean;
}

/** For how long each revision was current at one time, by name: at least so many milliseconds. */
function servedMs(revisions: readonly RevisionAge[]): ReadonlyMap<string, number> {
  const served = new Map<string, number>();
  const all = begins(revisions);
  for (const [index, { name, latest }] of all.entries()) {
    const next = all[index + 1];
    if (next === undefined) continue;
    served.set(name, Math.max(served.get(name) ?? 0, next.earliest - latest));
  }
  return served;
}

/**
 * Every time that a revision became current, in order. A revision that is taken up again keeps its object: the object's age
 * tells the first time only, and the later ones lie somewhere between those that are known. So a bad revision that somebody
 * left after two minutes does not look as if it had served until the next one was made.
 */
function begins(revisions: readonly RevisionAge[]): readonly Begin[] {
  const marks = revisions.flatMap(marksOf).sort((a, b) => a.number - b.number);
  return marks.map(({ number, name, at }, index) => ({
    number,
    name,
    earliest: at ?? Math.max(0, ...marks.slice(0, index).flatMap((each) => each.at ?? [])),
    latest: at ?? Math.min(...marks.slice(index).flatMap((each) => each.at ?? []), Number.POSITIVE_INFINITY),
    exact: at !== undefined,
  }));
}

interface Mark {
  readonly number: number;
  readonly name: string;
  readonly at?: number;
}

function marksOf(each: RevisionAge, _index: number, all: readonly RevisionAge[]): readonly Mark[] {
  const { name, createdAt, revision } = each;
  const numbers = [...(each.former ?? formerNumbers(each, all)), revision];
  return numbers.map((number, index) => ({
    number,
    name,
    ...(index === 0 && createdAt > 0 ? { at: createdAt } : {}),
  }));
}

/**
 * Where no former numbers are written down: a revision that was made before one of a lower number had a lower number still
 * then. Its place is just before the first that was made after it.
 */
function formerNumbers({ createdAt, revision }: RevisionAge, all: readonly RevisionAge[]): readonly number[] {
  const later = all.filter((other) => other.revision < revision && other.createdAt > createdAt);
  return later.length === 0 ? [] : [Math.min(...later.map((other) => other.revision)) - 0.5];
}

/**
 * Whether the numbers tell too little of who was current when: more of them are gone than revisions can be seen to have been
 * taken up again, and no old revision was dropped that could have had them. Only where former numbers are not written down.
 *
 * @param kept so many old revisions are kept by the controller.
 */
export function isAmbiguous(revisions: readonly RevisionAge[], kept: number): boolean {
  if (revisions.length > kept || revisions.every(({ former }) => former !== undefined)) return false;
  const newest = Math.max(0, ...revisions.map(({ revision }) => revision));
  const gone = newest - revisions.length;
  const seen = revisions.filter((each) => formerNumbers(each, revisions).length > 0).length;
  return gone > seen;
}
