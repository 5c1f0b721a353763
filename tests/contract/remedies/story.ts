import type { Plan } from '../../../src/act/remedy.ts';
import type { UndoAnswer } from '../../../src/act/undo.ts';
import { AutoHealError, errorText } from '../../../src/domain/errors.ts';
import type { ActionResult, WaitingResult } from '../../../src/domain/remedy.ts';
import { openScene, type Prepared, type Scene } from './prepared.ts';
import type { Asked, SessionOptions, Stage } from './sessions.ts';

/** What came of one stage: an answer, or what was thrown. */
export type Outcome<T> =
  { readonly kind: 'answer'; readonly answer: T } | { readonly kind: 'thrown'; readonly error: unknown };

/** A remedy from plan to undo in one session, as far as it came. What throws is tried once more where a service would. */
export interface Story extends Scene {
  readonly plan: Outcome<Plan>;
  readonly executed: readonly Outcome<ActionResult | WaitingResult>[];
  readonly undone: readonly Outcome<readonly UndoAnswer[]>[];
}

export async function storyOf(prepared: Prepared, options: SessionOptions): Promise<Story> {
  const scene = openScene(prepared, options);
  const { journey } = scene;
  const plan = await settled(journey.plan(prepared.incident));
  const executed: Story['executed'][number][] = [];
  const undone: Story['undone'][number][] = [];
  if (plan.kind === 'answer' && plan.answer.kind === 'planned') {
    const { intent } = plan.answer;
    executed.push(await settled(journey.execute(intent)));
    // A step that threw is taken again; one that ended is not.
    if (executed[0]?.kind === 'thrown') executed.push(await settled(journey.execute(intent, 'again')));
    const result = executed.at(-1);
    if (result?.kind === 'answer' && result.answer.kind.endsWith('done')) {
      undone.push(await settled(journey.undo(intent)));
      if (undone[0]?.kind === 'thrown') undone.push(await settled(journey.undo(intent, 'undo again')));
    }
  }
  return { ...scene, plan, executed, undone };
}

async function settled<T>(promise: Promise<T>): Promise<Outcome<T>> {
  try {
    return { kind: 'answer', answer: await promise };
  } catch (error) {
    return { kind: 'thrown', error };
  }
}

/** What the first outcome of a stage says to people: refusals, details, messages. */
export function wordsOf(story: Story, stage: Stage): string {
  const outcome = { plan: story.plan, execute: story.executed[0], undo: story.undone[0] }[stage as 'plan'];
  if (outcome === undefined) return '';
  return outcome.kind === 'thrown' ? errorText(outcome.error) : JSON.stringify(outcome.answer);
}

/** What must not be thrown: anything but a failure of a port. */
export function wrongThrows({ plan, executed, undone }: Story): readonly string[] {
  return [plan, ...executed, ...undone].flatMap((outcome) => {
    if (outcome.kind === 'answer') return [];
    const { error } = outcome;
    return error instanceof AutoHealError && error.code.startsWith('PORT_') ? [] : [`threw ${errorText(error)}`];
  });
}

/** Writes that reached the server more than once. */
export function twins({ session }: Story): readonly string[] {
  const seen = new Map<string, number>();
  for (const { method, path, body } of session.writes()) {
    const key = `${method} ${path} ${body}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  return [...seen].flatMap(([key, count]) => (count > 1 ? [`sent ${count} times: ${key.slice(0, 200)}`] : []));
}

/** The different requests of a story, as far as the first try of each stage goes. */
export function requestsOf({ session }: Story): readonly Asked[] {
  const seen = new Map<string, Asked>();
  for (const each of session.asked()) {
    if (each.stage === 'again' || each.stage === 'undo again') continue;
    const key = [each.stage, nameOf(each)].join(' ');
    if (!seen.has(key)) seen.set(key, each);
  }
  return [...seen.values()];
}

export function nameOf({ method, path, dryRun }: Pick<Asked, 'method' | 'path' | 'dryRun'>): string {
  return `${method} ${path}${dryRun ? ' (dry run)' : ''}`;
}

/** Whether everything went well. */
export function isWhole({ plan, executed, undone }: Story): boolean {
  const planned = plan.kind === 'answer' && plan.answer.kind === 'planned';
  const done = executed.every(
    (each) => each.kind === 'answer' && each.answer.kind === 'done' && each.answer.left === undefined,
  );
  const back = undone.every(
    (each) => each.kind === 'answer' && each.answer.every((answer) => answer.kind === 'undone'),
  );
  return planned && done && back;
}
