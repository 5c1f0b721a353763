import type { SignalName } from '../domain/diagnosis.ts';
import type { Policy } from '../domain/policy.ts';
import type { WorkloadRef } from '../domain/workload.ts';

/** How senders prove who they are. `none` only on a loopback address. */
export type AuthConfig =
  | { readonly mode: 'none' }
  /** One token, or two while they are rotated. */
  | { readonly mode: 'bearer'; readonly tokens: readonly string[] }
  | { readonly mode: 'basic'; readonly username: string; readonly password: string };

export interface EmailConfig {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly requireTls: boolean;
  readonly user?: string;
  readonly password?: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly timeoutMs: number;
}

export interface SlackConfig {
  readonly token: string;
  readonly channel: string;
  readonly apiUrl?: string;
  readonly timeoutMs: number;
}

/** The whole configuration, defaults filled in. `schema.ts` says what each key means. */
export interface Config {
  readonly server: {
    readonly host: string;
    readonly port: number;
    readonly bodyLimitMiB: number;
    readonly publicUrl?: string;
    readonly auth: AuthConfig;
  };
  readonly store: { readonly path: string };
  readonly cluster: {
    readonly kubeconfig?: string;
    readonly context?: string;
    readonly server?: string;
    readonly token?: string;
    readonly caFile?: string;
    readonly timeoutMs: number;
  };
  readonly prometheus?: {
    readonly url: string;
    readonly timeoutMs: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly signals: Readonly<Partial<Record<SignalName, string>>>;
  };
  readonly alertmanager?: {
    readonly url: string;
    readonly timeoutMs: number;
    readonly headers: Readonly<Record<string, string>>;
  };
  readonly locate: { readonly allowTargetOverride: boolean; readonly monitoringNamespaces: readonly string[] };
  readonly diagnose: { readonly deadlineMs: number };
  readonly model: {
    /** False for the rules alone. */
    readonly enabled: boolean;
    /** Instead of the model that is shipped. */
    readonly file?: string;
    /** Of `autoheal model`: its champion is asked before the shipped model. */
    readonly directory?: string;
  };
  readonly policy: Policy;
  readonly notify: {
    readonly kubernetesEvents: boolean;
    readonly grafanaUrl?: string;
    readonly slack?: SlackConfig;
    readonly email?: EmailConfig;
  };
  /** Where AutoHeal itself runs: never acted on. */
  readonly self: { readonly namespace?: string; readonly workload?: WorkloadRef };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' };
}
