import type { RemedyWorld } from './case.ts';
import type { Prepared } from './prepared.ts';
import { placeOf } from './places.ts';
import { INJECTED, isWrite, type Asked, type Failing, type Right } from './sessions.ts';
import { isWhole, nameOf, requestsOf, storyOf, twins, wordsOf, wrongThrows, type Story } from './story.ts';

/** A way for a request to fail. */
export interface Trouble {
  readonly name: string;
  readonly how: Failing;
  /** The requests that can fail so; all of them unless given. */
  readonly of?: (request: Asked) => boolean;
}

/** Long enough for an answer on loopback; reads that are held are tried three times. */
const TIMEOUT_MS = 500;
/** So many stories are told beside one another: most of the time of some is waiting. */
const AT_ONCE = 24;

/**
 * Lets each request of a clean story fail in turn, on every try of its stage, and tells what is not as it must be: one line
 * for each complaint.
 */
export async function complaintsOf(
  clean: Story,
  { name, how, of = () => true }: Trouble,
  { prepared, world }: { readonly prepared: Prepared; readonly world: RemedyWorld },
): Promise<readonly string[]> {
  if (!isWhole(clean)) throw new Error('nothing can be said of failures where the remedy fails without one');
  const timeoutMs = how.kind === 'status' ? {} : { timeoutMs: TIMEOUT_MS };
  const all = await inTurns(requestsOf(clean).filter(of), async (request) => {
    const { stage, method, path, dryRun } = request;
    const options = { fail: { stage, method, path, dryRun, how }, ...timeoutMs };
    let story = await storyOf(prepared, options);
    // On a machine that is very busy another request may be late too, and the story end before it comes to this one.
    for (let tries = 1; tries < 3 && !hasMet(story, request); tries += 1) story = await storyOf(prepared, options);
    const met = { request, how, world, rules: prepared.frozen.remedy.rbac };
    return complaintsAbout(story, met).map((complaint) => `${name} of ${nameOf(request)} while ${stage}: ${complaint}`);
  });
  return all.flat();
}

export async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}

function hasMet({ session }: Story, { stage, ...request }: Asked): boolean {
  return session.asked().some((each) => each.stage === stage && nameOf(each) === nameOf(request));
}

interface Met {
  readonly request: Asked;
  readonly how: Failing;
  readonly world: RemedyWorld;
  readonly rules: Prepared['frozen']['remedy']['rbac'];
}

function complaintsAbout(story: Story, met: Met): readonly string[] {
  const always = [...wrongThrows(story), ...twins(story)];
  const { stage } = met.request;
  if (stage === 'plan') return [...always, ...planComplaints(story, met)];
  return [...always, ...(stage === 'execute' ? executeComplaints(story, met) : wordComplaints(story, met))];
}

/** A plan that could not see or rehearse everything is none. */
function planComplaints(story: Story, met: Met): readonly string[] {
  const { plan, session } = story;
  if (plan.kind === 'answer' && plan.answer.kind === 'planned')
    return mayPlan(met) ? [] : ['it was planned all the same'];
  const written = session.writes().map(nameOf);
  return [...written.map((write) => `${write} was sent without a plan`), ...wordComplaints(story, met)];
}

function mayPlan({ request, how, world, rules }: Met): boolean {
  // What does not exist may well be missing; a wait for a budget is part of some plans.
  if (how.kind === 'status' && how.status === 404 && !isWrite(request)) return true;
  if (how.kind === 'status' && how.cause === 'DisruptionBudget') return true;
  const name = nameOf(request);
  if ((world.spares ?? []).some((spare) => spare.request.test(name))) return true;
  const right = rightOf(request);
  return rules.some(
    (rule) =>
      rule.optional !== undefined && rule.resources.includes(right.resource) && rule.apiGroups.includes(right.group),
  );
}

function executeComplaints(story: Story, met: Met): readonly string[] {
  const [outcome] = story.executed;
  if (outcome === undefined) return ['it was not executed'];
  const { request, how } = met;
  if (!isWrite(request) || outcome.kind === 'thrown') return wordComplaints(story, met);
  const { answer } = outcome;
  const left = 'left' in answer ? (answer.left ?? []).length : 0;
  if (how.kind === 'lost') {
    const shown = answer.kind === 'done' && left === 0;
    return shown ? [] : [`what was done was not recognised: ${JSON.stringify(answer)}`];
  }
  if (answer.kind === 'done' && left === 0) return ['it says that all was done'];
  return wordComplaints(story, met);
}

/** People must be able to tell from the words alone what happened, and for a missing right which one. */
function wordComplaints(story: Story, { request, how }: Met): readonly string[] {
  const words = wordsOf(story, request.stage);
  if (how.kind === 'status' && how.status === 404 && !isWrite(request)) return words === '' ? ['it says nothing'] : [];
  if (how.kind !== 'status') return /timed out|within|time-out|answer/.test(words) ? [] : [`no word of it: ${words}`];
  const { verb, resource } = rightOf(request);
  const [plural = ''] = resource.split('/');
  const { namespace = '' } = placeOf(request.path);
  // Which kinds there are everybody may ask: no rule of a role is missing there.
  const isDiscovery = plural === '';
  const needed = how.status === 403 && !isDiscovery ? [verb, plural, namespace] : [INJECTED];
  const missing = needed.filter((word) => !words.includes(word));
  return missing.length === 0 ? [] : [`no word of ${missing.join(', ')}: ${words}`];
}

const VERBS: Readonly<Record<string, string>> = { PATCH: 'patch', POST: 'create', DELETE: 'delete', GET: 'get' };

function rightOf({ method, path }: Asked): Right {
  const parts = path.split('/').filter((part) => part !== '');
  const grouped = parts[0] === 'apis';
  const { resource, name } = placeOf(path);
  const sub = /\/(eviction|scale|resize|status|log)$/.exec(path)?.[1];
  const verb = method === 'GET' && name === '' ? 'list' : (VERBS[method] ?? method);
  const group = grouped ? (parts[1] ?? '') : '';
  return { verb, group, resource: sub === undefined ? resource : `${resource}/${sub}` };
}
