import type { RefusalCode } from './refusals.ts';

/** Facts that decided a refusal; they are shown to the caller, so they never hold another person's data. */
export type Facts = Readonly<Record<string, unknown>>;

/** A named answer "no": nothing was written. An expected outcome, returned and never thrown. */
export interface Refusal {
  readonly refused: RefusalCode;
  readonly facts: Facts;
}

export const refuse = (code: RefusalCode, facts: Facts = {}): Refusal => ({ refused: code, facts });

export const isRefusal = (value: unknown): value is Refusal => typeof value === 'object' && value !== null && 'refused' in value;
