import type { Calibration } from '../learn/calibration.ts';
import type { Drift } from '../learn/drift.ts';
import type { ModelFigures, Promotion } from '../learn/promotion.ts';
import type { RegistryChange, RegistryList } from '../learn/registry.ts';
import type { Shadow, ShadowChoice } from '../learn/shadow.ts';
import type { ForestModel } from '../score/forest/model.ts';
import { percent } from '../training/report/markdown.ts';

const SHOWN_HISTORY = 10;
const SHOWN_DIFFERENCES = 10;
const SHOWN_FEATURES = 15;

/** The models and the newest changes, a line each. */
export function listText({ models, history, problem }: RegistryList, dir: string): string {
  if (problem !== undefined) return problem;
  if (models.length === 0) return `no models in ${dir}: the model that is shipped is asked`;
  const lines = models.map(({ id, role, addedAt, why, problem: wrong }) => {
    return `${id}  ${role.padEnd(10)}  ${time(addedAt)}  ${wrong === undefined ? why : `cannot be used: ${wrong}`}`;
  });
  const changes = history
    .slice(0, SHOWN_HISTORY)
    .map(({ at, what, id, by, why }) => `  ${time(at)}  ${what} ${id || 'to none'} by ${by}: ${why}`);
  return [...lines, '', 'changes, newest first:', ...changes].join('\n');
}

/** What a model file says about itself. */
export function modelAsText(
  model: Omit<ForestModel, 'forest' | 'ranges' | 'baseline'> & { readonly id: string; readonly knowsBaseline: boolean },
): string {
  const { id, rows, groups, features, featureVersion, classes, growth, thresholds, knowsBaseline } = model;
  const { accuracy, logLoss, brier, ece } = model.heldOut ?? model.outOfBag;
  const figures = { accuracy, 'log-loss': logLoss, brier, ece };
  const said = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(3)}`);
  return [
    `model ${id}: ${growth.trees} trees, seed ${growth.seed}`,
    `learned from ${rows} rows of ${groups} incidents, with ${features.length} features of version ${featureVersion}`,
    `tells apart: ${classes.join(', ')}`,
    `on ${model.heldOut === undefined ? 'rows out of bag' : 'incidents that were held back'}: ${said.join(', ')}`,
    ...Object.entries(thresholds).map(([name, value]) => `threshold ${name}: ${value}`),
    knowsBaseline ? 'knows how its features lay: drift can be told' : 'knows no baseline: drift cannot be told',
  ].join('\n');
}

/** What came of a wish to promote, with the figures of both models. */
export function promotionText(
  { champion, challenger }: { readonly champion: string; readonly challenger: string },
  { change, judged, shadow }: { readonly change: RegistryChange; readonly judged: Promotion; readonly shadow: Shadow },
): string {
  const { incidents, rows, gain, gainInterval } = judged;
  const differences = shadow.differences.slice(0, SHOWN_DIFFERENCES).map((each) => {
    const done = each.done === undefined ? 'nothing was done' : `${each.done.remedy} was done: ${each.done.ended}`;
    return `  ${each.incident}, ${each.cause}: ${chosen(each.champion)} or ${chosen(each.challenger)}; ${done}`;
  });
  return [
    change.kind === 'done' ? change.what : `model ${challenger} is not promoted:`,
    ...judged.because.map((why) => `  ${why}`),
    ...(change.kind === 'refused' && judged.kind === 'promote' ? [`  ${change.why}`] : []),
    `judged by ${rows} outcomes of ${incidents} incidents that neither model learned from`,
    figuresText(`champion ${champion}`, judged.champion),
    figuresText(`challenger ${challenger}`, judged.challenger),
    `gain in log-loss ${gain.toFixed(3)}, 90 % between ${gainInterval.low.toFixed(3)} and ${gainInterval.high.toFixed(3)}`,
    `of ${shadow.decisions} decisions both would have made ${percent(shadow.agreement)} alike`,
    ...differences,
  ].join('\n');
}

/** The features that moved most, and how calibrated the model is. */
export function driftText(id: string, drift: Drift, calibration: Calibration): string {
  return [`model ${id}`, ...driftLines(drift), calibrationLine(calibration)].join('\n');
}

function driftLines(drift: Drift): readonly string[] {
  if (drift.kind === 'unknown') return [`drift: unknown: ${drift.why}`];
  const moved = drift.features.filter(({ state }) => state !== 'steady').length;
  return [
    `drift over ${drift.incidents} incidents: ${moved} of ${drift.features.length} features moved`,
    ...drift.features.slice(0, SHOWN_FEATURES).map(({ feature, psi, state, missing }) => {
      const gaps = `missing ${percent(missing.trained)} -> ${percent(missing.lately)}`;
      return `  ${feature.padEnd(32)} ${psi.toFixed(3)}  ${state.padEnd(6)}  ${gaps}`;
    }),
  ];
}

function calibrationLine(calibration: Calibration): string {
  if (calibration.kind === 'unknown') return `calibration: unknown: ${calibration.why}`;
  const { outcomes, brier, ece } = calibration;
  return `calibration over ${outcomes} outcomes: Brier score ${brier.toFixed(3)}, calibration error ${ece.toFixed(3)}`;
}

function figuresText(name: string, { logLoss, foretold, sure, misled }: ModelFigures): string {
  return `  ${name}: log-loss ${logLoss.toFixed(3)}, foretells ${percent(foretold)}, sure of ${percent(sure)}, ${percent(misled)} of them in vain`;
}

function chosen({ remedy, byModel }: ShadowChoice): string {
  return byModel ? remedy : `${remedy} (rules)`;
}

function time(at: number): string {
  return new Date(at).toISOString();
}
