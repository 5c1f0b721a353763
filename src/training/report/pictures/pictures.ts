import type { HealScores } from '../heal-scores.ts';
import type { Report } from '../report.ts';
import { importancePicture } from './importance.ts';
import { reliabilityPicture } from './reliability.ts';
import { riskCoveragePicture } from './risk-coverage.ts';
import { scorePicture } from './scores.ts';

/** Every picture there is something to show for, as SVG by its file name. The same figures make the same bytes. */
export function picturesOf(report: Report, heal?: HealScores): Readonly<Record<string, string>> {
  return {
    'model-reliability.svg': reliabilityPicture(report.recovers),
    'model-risk-coverage.svg': riskCoveragePicture(report.riskCoverage, report.threshold),
    ...(report.importance.length === 0 ? {} : { 'model-importance.svg': importancePicture(report.importance) }),
    ...(heal === undefined ? {} : { 'score-by-fault.svg': scorePicture(heal.score_by_fault) }),
  };
}
