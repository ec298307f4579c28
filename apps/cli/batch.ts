import { randomUUID } from 'node:crypto';
import { takenOutcomes, outcomeWords } from '../../libs/imports/outcome-words.ts';
import { fill, type Language } from '../../libs/kernel/bilingual.ts';
import { CommandFailed, type Connection } from './connection.ts';
import { words } from './words.ts';

const cohortKinds = ['registrations', 'annual-registrations', 'rechecks'] as const;
type CohortKind = (typeof cohortKinds)[number];

export const isCohortKind = (kind: string | undefined): kind is CohortKind => cohortKinds.some((known) => known === kind);

export interface CohortArguments {
  readonly kind: CohortKind;
  readonly className: string | undefined;
  readonly program: string | undefined;
  readonly cohort: string | undefined;
  /** The first student number; the others count on from it. */
  readonly numbers: string | undefined;
  readonly year: string | undefined;
  readonly on: string | undefined;
  readonly dryRun: boolean;
  readonly language: Language;
}

interface Answered {
  readonly runId: string;
  readonly rows: number;
  readonly unchanged: number;
  readonly refused: number;
  readonly answers: readonly {
    readonly row: number;
    readonly outcome: string;
    readonly code?: string;
    readonly reason?: string;
  }[];
}

/** A whole class, program or year of entry without a list. Exit codes: 0 all taken, 2 some refused. */
export async function batchCohort(args: CohortArguments, connection: Connection, say: (line: string) => void): Promise<number> {
  const { kind, className, program, cohort, numbers, year, on, dryRun, language } = args;
  const body = {
    kind,
    dryRun,
    ...(className === undefined ? {} : { className }),
    ...(program === undefined ? {} : { program }),
    ...(cohort === undefined ? {} : { cohort: Number(cohort) }),
    ...(year === undefined ? {} : { academicYear: year }),
    ...(on === undefined ? {} : { on }),
    ...(numbers === undefined ? {} : { numbers: numbersFrom(numbers, language) }),
  };
  const { runId, rows, unchanged, refused, answers } = await connection.post<Answered>('/v1/batches/cohort', randomUUID(), body);
  const line = (count: number, word: string): void => (count > 0 ? say(`${String(count).padStart(8)}  ${word}`) : undefined);
  for (const outcome of takenOutcomes(kind))
    line(answers.filter((answer) => answer.outcome === outcome).length, outcomeWords(kind)[outcome]![language]);
  line(unchanged, outcomeWords(kind)['unchanged']![language]);
  line(refused, outcomeWords(kind)['refused']![language]);
  say(`${String(rows).padStart(8)}  ${words.total[language]}`);
  for (const { row, reason = '' } of answers.filter((answer) => answer.outcome === 'refused'))
    say(fill(words.warning[language], { row, text: reason }));
  say(dryRun ? words.dryRun[language] : fill(words.run[language], { runId }));
  return refused > 0 ? 2 : 0;
}

/** 2026010101 counts on in its last digits, seven at most. */
function numbersFrom(first: string, language: Language): { prefix: string; from: number; digits: number } {
  const digits = /\d{1,7}$/.exec(first)?.[0];
  if (digits === undefined) throw new CommandFailed(fill(words.badArguments[language], { why: '--numbers' }));
  return { prefix: first.slice(0, -digits.length), from: Number(digits), digits: digits.length };
}
