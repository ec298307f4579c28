import type { Sheet } from './transcript-page.ts';

/** What the printing thread is asked, and answers. */
export interface ToPrinter {
  readonly job: number;
  readonly sheet: Sheet;
}

export type FromPrinter =
  | { readonly job: number; readonly bytes: Uint8Array; readonly missing: readonly string[] }
  | { readonly job: number; readonly fault: string };
