import type { EffectOnHistory } from '../../kernel/as-of.ts';
import type { Purpose } from '../../kernel/purposes.ts';

export interface EventKind {
  /** Schema version of `data` that writers write. */
  readonly version: number;
  /** Top-level fields of `data` that are personal, with the purpose whose key seals them. */
  readonly personal?: Readonly<Record<string, Purpose>>;
  /** `fact` unless stated. `machinery` (gates, claims, approvals) is no statement about the world's state on a day. */
  readonly effect?: EffectOnHistory;
  /** Shown in the audit timeline and in the API description. */
  readonly title: { readonly zh: string; readonly en: string };
}

export type CatalogOf<E extends { type: string }> = { readonly [Type in E['type']]: EventKind };

/** Of an event whose type says everything. */
export type NoData = Readonly<Record<string, never>>;

/** v(n) → v(n+1) of an event's `data`. Personal fields may be sealed: an upcaster moves them, never reads them. */
export type Upcaster = (data: Readonly<Record<string, unknown>>) => Record<string, unknown>;
