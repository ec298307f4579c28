import type { Bilingual } from './bilingual.ts';
import type { RefusalCode } from './refusals.ts';

/** What callers may know of a command beforehand: API descriptions and specs are held to it. */
export interface CommandFacts {
  readonly title: Bilingual;
  /** Types of the events that it may append to its own stream. */
  readonly events: readonly string[];
  /** Beyond `commonRefusals`. */
  readonly refusals: readonly RefusalCode[];
}
