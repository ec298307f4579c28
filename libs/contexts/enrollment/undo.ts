import type { EnrollmentEvent } from '../../events/catalog/enrollment.ts';
import { foldEnrollment, type Enrollment } from '../../facts/enrollment.ts';
import type { Historic } from '../../kernel/as-of.ts';
import { effective } from '../../kernel/decider.ts';
import { importRowCommandId } from '../../kernel/ids.ts';
import { refuse } from '../../kernel/refusal.ts';
import { correctedHistory, type EnrollmentDecision, type K } from './guards.ts';

/** Takes back what one row of an import run said of an enrollment, under the grant that the run's undo has on its own stream. */
export interface TakeBackRow {
  readonly type: 'TakeBackRow';
  readonly run: string;
  readonly row: number;
  readonly requestId: string;
}

/** Whatever its attempt: a row's command id, or one derived from it. */
export const isOfRow = (commandId: string, run: string, row: number): boolean => {
  const own = importRowCommandId(run, row);
  return commandId === own || commandId.startsWith(`${own}.`);
};

export const saidByRow = (s: Enrollment, { run, row }: TakeBackRow): readonly Historic<EnrollmentEvent>[] =>
  s.history.all().filter(({ commandId }) => isOfRow(commandId, run, row));

const opens = ({ type }: Historic<EnrollmentEvent>): boolean =>
  type === 'LearnerAdmitted' || type === 'EnrollmentImported' || type === 'StudentTransferredIn';

/** What was already taken back under the same grant. */
const takesBack = ({ type, data }: Historic<EnrollmentEvent>, requestId: string): boolean =>
  (type === 'AdmissionAnnulled' || type === 'StatusChangeAnnulled') && data.requestId === requestId;

/** The event to annul: with an opening everything that followed in its append never took effect either. */
const targetOf = (s: Enrollment, c: TakeBackRow): Historic<EnrollmentEvent> | undefined => {
  const mine = saidByRow(s, c);
  return mine.find(opens) ?? mine.at(-1);
};

/** The record as if the row had never spoken. */
export function withoutRow(s: Enrollment, c: TakeBackRow): Enrollment {
  const target = targetOf(s, c);
  return foldEnrollment(
    correctedHistory(s).map((event) => (event.revision === target?.revision ? { ...event, annulled: true } : event)),
  );
}

/** Only where the enrollment's stream holds nothing since: whoever said something later said it of a record with this row in it. */
export function takeBackRow(s: Enrollment, c: TakeBackRow, k: K): EnrollmentDecision {
  if (k.facts.run?.undo?.requestId !== c.requestId) return refuse('UNDO_NOT_GRANTED');
  const target = targetOf(s, c);
  if (!target) return [];
  const last = saidByRow(s, c).at(-1)!;
  const since = s.history.all().filter(({ revision }) => revision > last.revision);
  if (since.some((event) => takesBack(event, c.requestId))) return [];
  if (since.length > 0) return refuse('CHANGED_SINCE', { since: [...new Set(since.map(({ type }) => type))] });
  const annulment = { requestId: c.requestId, target: target.revision.toString(), run: c.run };
  const event: EnrollmentEvent = opens(target)
    ? { type: 'AdmissionAnnulled', data: annulment }
    : { type: 'StatusChangeAnnulled', data: { ...annulment, annulled: target.type, status: withoutRow(s, c).status as never } };
  return [effective(target.effectiveAt, event)];
}

/** Student numbers that the row gave. */
export const numbersOfRow = (s: Enrollment, c: TakeBackRow): readonly string[] =>
  saidByRow(s, c).flatMap(({ data }) => ('studentNumber' in data && data.studentNumber !== null ? [data.studentNumber] : []));
