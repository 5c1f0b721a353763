import type { PodTemplate } from '../../domain/kubernetes.ts';
import { HELD_BY_ANNOTATION } from '../../domain/remedy.ts';
import { templateHash } from './template-hash.ts';

/** Who paused a rollout, and the hash of the template that was being rolled out then. */
export interface PauseHold {
  readonly actionId: string;
  readonly template: string;
}

/** The JSON pointer of the annotation that says who holds an object. */
export const HELD_BY_POINTER = `/metadata/annotations/${HELD_BY_ANNOTATION.replaceAll('/', '~1')}`;

/** The annotation's value on a rollout that AutoHeal pauses: `inc-1/1 sha256:...`. */
export function pauseMark(actionId: string, template: PodTemplate): string {
  return `${actionId} ${templateHash(template)}`;
}

/** What the annotation of a paused rollout says; undefined where it is missing or is that of another change. */
export function holdOf(value: string | undefined): PauseHold | undefined {
  const match = /^(?<actionId>\S{1,200}) (?<template>sha256:[0-9a-f]{64})$/.exec(value ?? '');
  const { actionId, template } = match?.groups ?? {};
  return actionId === undefined || template === undefined ? undefined : { actionId, template };
}
