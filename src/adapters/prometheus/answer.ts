import { Ajv } from 'ajv';
import { SIGNAL_NAMES } from '../../domain/diagnosis.ts';
import type { SignalName, Signals } from '../../domain/diagnosis.ts';
import { AutoHealError } from '../../domain/errors.ts';
import { SIGNAL_LABEL } from './query.ts';

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** Epoch seconds, and the number as text. */
  readonly value: readonly [number, string];
}

interface Answer {
  readonly status: 'success';
  readonly data: { readonly resultType: 'vector'; readonly result: readonly Sample[] };
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

const isAnswer = new Ajv().compile<Answer>({
  type: 'object',
  required: ['status', 'data'],
  properties: {
    status: { const: 'success' },
    data: {
      type: 'object',
      required: ['resultType', 'result'],
      properties: {
        resultType: { const: 'vector' },
        result: {
          type: 'array',
          items: {
            type: 'object',
            required: ['metric', 'value'],
            properties: {
              metric: { type: 'object', additionalProperties: { type: 'string' } },
              value: { type: 'array', minItems: 2, maxItems: 2, items: [{ type: 'number' }, { type: 'string' }] },
            },
          },
        },
      },
    },
    warnings: { type: 'array', items: { type: 'string' } },
    infos: { type: 'array', items: { type: 'string' } },
  },
});

export interface ReadAnswer {
  readonly signals: Signals;
  /** What Prometheus remarked, and operands that were left out because they were more than one number. */
  readonly remarks: readonly string[];
}

/**
 * The signals of an answer. Left out are those without a sample, those that are not a finite number, and those that came
 * down to more than one sample or still carry labels: none of them is one number about the workload.
 *
 * @throws AutoHealError `PORT_SERVER` for an answer of another shape.
 */
export function readAnswer(answer: unknown): ReadAnswer {
  if (!isAnswer(answer)) {
    throw new AutoHealError('PORT_SERVER', 'prometheus: the answer is not a vector', {
      context: { errors: isAnswer.errors?.slice(0, 3) },
    });
  }
  const samples = new Map<SignalName, Sample[]>();
  for (const sample of answer.data.result) {
    const name = SIGNAL_NAMES.find((candidate) => candidate === sample.metric[SIGNAL_LABEL]);
    if (name !== undefined) samples.set(name, [...(samples.get(name) ?? []), sample]);
  }
  const signals: Partial<Record<SignalName, number>> = {};
  const leftOut: string[] = [];
  for (const [name, own] of samples) {
    const number = onlyNumber(own);
    if (number === undefined) leftOut.push(`${name} was left out: it is not one sample without labels`);
    else if (Number.isFinite(number)) signals[name] = number;
  }
  return { signals, remarks: [...(answer.warnings ?? []), ...(answer.infos ?? []), ...leftOut] };
}

function onlyNumber(samples: readonly Sample[]): number | undefined {
  const [only, ...more] = samples;
  if (only === undefined || more.length > 0 || Object.keys(only.metric).length > 1) return undefined;
  return Number(only.value[1]);
}
