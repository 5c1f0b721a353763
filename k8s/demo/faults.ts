/** What the workload can be told to suffer from. */
export const FAULTS = {
  errors: { unit: 'share of /data answered 500', normal: 0.5, max: 1 },
  latency: { unit: 'milliseconds before /data answers', normal: 800, max: 5_000 },
  leak: { unit: 'MiB kept for good in each second', normal: 4, max: 64 },
  cpu: { unit: 'share of one core that is burnt', normal: 0.9, max: 0.95 },
  unready: { unit: '/health answers 503', normal: 1, max: 1 },
  hang: { unit: '/healthz answers 503, so that the kubelet restarts the container', normal: 1, max: 1 },
  crash: { unit: 'the process ends with exit code 1', normal: 1, max: 1 },
} as const;

export type FaultKind = keyof typeof FAULTS;

/** The most that a leak keeps, where no limit of the container ends it before. */
const MAX_LEAK_BYTES = 1024 * 1024 * 1024;
const MAX_SECONDS = 3600;

export interface Active {
  readonly kind: FaultKind;
  readonly strength: number;
  /** Epoch milliseconds. */
  readonly until: number;
}

/** What ails the workload at this moment. */
export interface Faults {
  /** How strong a fault is now; 0 where it is not there. */
  strength(kind: FaultKind): number;
  active(): readonly Active[];
  /** Begins a fault, in place of one of the same kind. Refuses what `parseFault` would refuse. */
  begin(fault: { readonly kind: FaultKind; readonly strength: number; readonly seconds: number }): void;
  /** Ends all of them and lets go of what they kept. Answers how many there were. */
  heal(): number;
  /** Lets so many seconds pass over what grows with time. */
  pass(seconds: number): void;
  leakedBytes(): number;
}

export function makeFaults({ now }: { readonly now: () => number }): Faults {
  const begun = new Map<FaultKind, Active>();
  let kept: Buffer[] = [];
  let keptBytes = 0;

  function active(): readonly Active[] {
    for (const [kind, { until }] of begun) if (until <= now()) begun.delete(kind);
    return [...begun.values()];
  }

  function strength(kind: FaultKind): number {
    return active().find((each) => each.kind === kind)?.strength ?? 0;
  }

  return {
    strength,
    active,
    begin({ kind, strength: wanted, seconds }) {
      begun.set(kind, { kind, strength: wanted, until: now() + seconds * 1000 });
    },
    heal() {
      const were = active().length;
      begun.clear();
      kept = [];
      keptBytes = 0;
      return were;
    },
    pass(seconds) {
      const bytes = Math.min(Math.round(strength('leak') * seconds * 1024 * 1024), MAX_LEAK_BYTES - keptBytes);
      if (bytes <= 0) return;
      // Written to, since memory that nobody touched is not counted against the container.
      kept.push(Buffer.alloc(bytes, 1));
      keptBytes += bytes;
    },
    leakedBytes: () => keptBytes,
  };
}

export type ParsedFault =
  | { readonly kind: 'ok'; readonly fault: Parameters<Faults['begin']>[0] }
  | { readonly kind: 'invalid'; readonly why: string };

/** The fault that a request asks for: `{"kind": "errors", "strength": 0.3, "seconds": 120}`; what is left out has a default. */
export function parseFault(text: string): ParsedFault {
  const asked = fieldsOf(text);
  if (asked === undefined) return { kind: 'invalid', why: 'the body is not a JSON object' };
  const kind = Object.keys(FAULTS).find((each): each is FaultKind => each === asked['kind']);
  if (kind === undefined) return { kind: 'invalid', why: `kind must be one of ${Object.keys(FAULTS).join(', ')}` };
  const { normal, max } = FAULTS[kind];
  const strength = within(asked['strength'] ?? normal, max);
  const seconds = within(asked['seconds'] ?? 300, MAX_SECONDS);
  if (strength === undefined) return { kind: 'invalid', why: `strength must be above 0 and at most ${max}` };
  if (seconds === undefined) return { kind: 'invalid', why: `seconds must be above 0 and at most ${MAX_SECONDS}` };
  return { kind: 'ok', fault: { kind, strength, seconds } };
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // Any object is a record of something.
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

function within(value: unknown, max: number): number | undefined {
  return typeof value === 'number' && value > 0 && value <= max ? value : undefined;
}
