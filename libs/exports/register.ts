import type { EnrollmentStatus } from '../events/catalog/enrollment.ts';
import { enrollmentStatuses } from '../events/catalog/enrollment.ts';
import { classFact, programFact } from '../facts/reference.ts';
import type { Enrollment } from '../facts/enrollment.ts';
import { initialLearner, type Learner } from '../facts/learner.ts';
import { enrollmentSource, learnerSource } from '../contexts/enrollment/gates.ts';
import {
  registerCells,
  registerHeader,
  sheetCells,
  sheetDates,
  sheetHeader,
  type SheetStudent,
} from '../intake/register-sheet.ts';
import type { AsOf } from '../kernel/as-of.ts';
import type { Language } from '../kernel/bilingual.ts';
import { identityNow, isOpen, type Contact, type Identity } from '../kernel/personal.ts';
import type { Source } from '../kernel/plan.ts';
import { dateIn } from '../kernel/time.ts';
import type { Codec } from '../runtime/codec.ts';
import { enrollmentAsOf, factAsOf, learnerAsOf, type Log } from '../read-models/as-of.ts';
import type { Transactor } from '../runtime/transact.ts';
import type { Column, Table } from './sheet.ts';

/** `coded`: the national register's 18 fields in its order · `full`: every column of a roster. */
export const registerForms = { full: {}, coded: {} } as const;
export type RegisterForm = keyof typeof registerForms;

/** Where a sheet finds its students, read from the log itself: it is never behind. */
export interface Told {
  enrollment(enrollmentId: string): Promise<Enrollment | null>;
  learner(learnerId: string): Promise<Learner | null>;
  fact<State>(fact: Source<State>): Promise<State>;
}

export const toldNow = (transactor: Transactor): Told => ({
  enrollment: async (enrollmentId) => (await transactor.load(enrollmentSource(enrollmentId))).state,
  learner: async (learnerId) => (await transactor.load(learnerSource(learnerId))).state,
  fact: async (fact) => (await transactor.load(fact)).state,
});

/** As it was at a moment. Programs and classes are many students', so each is looked up once. */
export function toldThen(log: Log, institutionId: string, when: AsOf): Told {
  const facts = new Map<string, Promise<unknown>>();
  const known: AsOf = when.recordedAsOf === undefined ? {} : { recordedAsOf: when.recordedAsOf };
  return {
    enrollment: (enrollmentId) => enrollmentAsOf(log, { institutionId, enrollmentId }, when),
    // Who she is has no day from which it is so.
    learner: async (learnerId) =>
      (await learnerAsOf(log, { institutionId, learnerId }, when)) ?? learnerAsOf(log, { institutionId, learnerId }, known),
    fact: <State>(fact: Source<State>): Promise<State> => {
      const looked = facts.get(fact.stream) as Promise<State> | undefined;
      if (looked) return looked;
      // What it pins it pins whenever that took effect; what was not recorded then was not known.
      const found = factAsOf(log, institutionId, fact, known);
      facts.set(fact.stream, found);
      return found;
    },
  };
}

/** In the roster's own words; a status that a roster has no word for is said in the ledger's. */
const statusWord = (enrollment: Enrollment, language: Language): string | undefined => {
  const { status, suspension } = enrollment;
  if (status === 'admitted' || status === 'none') return undefined;
  if (status === 'suspended') return suspension?.kind === 'retained-status' ? 'status-retained' : 'suspended';
  const inRosters: readonly EnrollmentStatus[] = [
    'registered',
    'place-retained',
    'withdrawn',
    'transferred-out',
    'expelled',
    'deceased',
    'graduated',
    'completed',
    'incomplete',
  ];
  return inRosters.includes(status) ? status : enrollmentStatuses[status][language];
};

/** Since when a status holds that a roster dates: ended, suspended, retained. */
const statusDay = ({ status, endedAt, lastChangeAt }: Enrollment, zone: string): string | null => {
  if (endedAt !== null) return dateIn(endedAt, zone);
  return status === 'suspended' || status === 'place-retained' ? dateIn(lastChangeAt, zone) : null;
};

/** What is absent stays absent: a blank cell in the sheet. */
const present = <T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== '')) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };

/** A student as sheets show her. Where the identity was erased, only what the college itself issued is left. */
function asSheet(
  learner: Learner,
  enrollment: Enrollment,
  words: { program: { code?: string; name?: string }; className: string | null; zone: string; language: Language },
): SheetStudent {
  const admission = enrollment.admission!;
  const identity: Identity = isOpen<Identity>(learner.identity)
    ? learner.identity
    : { name: words.language === 'zh' ? '（已删除）' : '(erased)', idType: '', idNumber: '' };
  const { entryDate, level, lengthOfStudyMonths, studyForm, branch, department, expectedGraduation, intake } = admission;
  return {
    ...present({
      studentNumber: enrollment.studentNumber,
      level,
      lengthOfStudyMonths,
      studyForm,
      branch,
      department,
      className: words.className,
      expectedGraduation,
      intake,
      status: statusWord(enrollment, words.language),
      statusDate: statusDay(enrollment, words.zone),
      contact: isOpen<Contact>(learner.contact) ? learner.contact : null,
    }),
    identity,
    program: words.program,
    entryDate,
  };
}

/** One row for each of these enrollments, in their order. */
export function registerTable(
  deps: { readonly told: Told; readonly codec: Codec },
  enrollmentIds: AsyncIterable<string>,
  asked: Asked,
): Table {
  const { form, language } = asked;
  const columns: readonly Column[] =
    form === 'coded'
      ? registerHeader.map((title) => ({ title }))
      : sheetHeader(language).map((title, at) => (sheetDates[at] ? { title, kind: 'date' } : { title }));
  return { name: { zh: '学籍名册', en: 'register' }[language], columns, rows: registerRows(deps, enrollmentIds, asked) };
}

interface Asked {
  readonly form: RegisterForm;
  readonly language: Language;
  readonly zone: string;
}

async function* registerRows(
  { told, codec }: { readonly told: Told; readonly codec: Codec },
  enrollmentIds: AsyncIterable<string>,
  { form, language, zone }: Asked,
): AsyncGenerator<readonly string[], void, undefined> {
  for await (const enrollmentId of enrollmentIds) {
    const enrollment = await told.enrollment(enrollmentId);
    if (!enrollment?.admission) continue;
    // Its fields tell no state, and an annulled admission never took effect.
    if (form === 'coded' && enrollment.status === 'annulled') continue;
    const state = (await told.learner(enrollment.admission.learnerId)) ?? initialLearner;
    const learner = { ...state, identity: identityNow(codec.reveal(state.identity)), contact: codec.reveal(state.contact) };
    const program = await told.fact(programFact(enrollment.admission.programId));
    const classFacts = enrollment.classId === null ? null : await told.fact(classFact(enrollment.classId));
    const student = asSheet(learner, enrollment, {
      program: program ? { code: program.code, name: program.name[language] } : {},
      className: classFacts?.name ?? null,
      zone,
      language,
    });
    yield form === 'coded' ? registerCells(student) : sheetCells(student, language);
  }
}
