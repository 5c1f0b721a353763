/** The name of the alert that `autoheal doctor` sends through Alertmanager to see whether it arrives. */
export const DOCTOR_ALERTNAME = 'AutoHealDoctor';

/** The label that tells the alert of one run of the doctor from that of any other. */
export const DOCTOR_LABEL = 'autoheal_doctor';

const NONCE = /^[0-9a-f]{16,64}$/;

/** Whether a text may name a run of the doctor: 16 to 64 hex digits. */
export function isDoctorNonce(text: string): boolean {
  return NONCE.test(text);
}

/**
 * The run of the doctor that an alert belongs to; undefined for every other alert. Both the name and the label have to be
 * right, so that no rule's alert is taken for it by accident.
 */
export function doctorNonce(labels: Readonly<Record<string, string>>): string | undefined {
  if (labels['alertname'] !== DOCTOR_ALERTNAME) return undefined;
  const nonce = labels[DOCTOR_LABEL] ?? '';
  return isDoctorNonce(nonce) ? nonce : undefined;
}

/** A doctor's alert as it came back in a webhook. Labels are untrusted text. */
export interface DoctorArrival {
  /** Epoch milliseconds. */
  readonly at: number;
  /** The webhook in the journal. */
  readonly delivery: string;
  readonly status: 'firing' | 'resolved';
  readonly receiver: string;
  readonly groupKey: string;
  readonly labels: Readonly<Record<string, string>>;
  /** How many alerts the webhook held, this one included. */
  readonly alerts: number;
  readonly truncatedAlerts: number;
}

/** Webhooks that were not taken since the service started, by the status they were answered with. */
export interface RefusedWebhooks {
  readonly status: number;
  readonly count: number;
  /** Epoch milliseconds. */
  readonly lastAt: number;
}

/** What a service tells the doctor about one run. */
export interface DoctorNotes {
  /** Oldest first. */
  readonly arrivals: readonly DoctorArrival[];
  readonly refused: readonly RefusedWebhooks[];
}
