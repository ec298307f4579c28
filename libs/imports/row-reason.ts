import { attemptKinds, resultCodes } from '../events/catalog/assessment.ts';
import { courseNatures, fiveGrades } from '../events/catalog/curriculum.ts';
import { inWords } from '../events/in-words.ts';
import { annualRegistrationForm, classChangeForm, recheckForm, registrationForm } from '../intake/batches.ts';
import { contractForm, contractStatuses, terminationGroundWords } from '../intake/contracts.ts';
import { courseForm } from '../intake/courses.ts';
import { mentorForm, mentorSides } from '../intake/mentors.ts';
import { organizationForm, organizationKinds } from '../intake/organizations.ts';
import { programForm } from '../intake/programs.ts';
import { resultForm } from '../intake/results.ts';
import { rosterForm } from '../intake/roster.ts';
import { statusChangeForm } from '../intake/status-changes.ts';
import type { SheetForm } from '../intake/table.ts';
import { fill, type Bilingual, type Language } from '../kernel/bilingual.ts';
import {
  ethnicGroups,
  idTypes,
  intakes,
  levels,
  politicalStatuses,
  rosterStatuses,
  sexes,
  studyForms,
  type CodeList,
} from '../kernel/codes.ts';
import type { Refusal } from '../kernel/refusal.ts';
import { refusals } from '../kernel/refusals.ts';
import { timeIn } from '../kernel/time.ts';
import type { Difference, ImportKind } from './importing.ts';

/** What a refused row is told, in the words of its sheet. */
interface Sheet {
  readonly form: SheetForm;
  /** Where a fact of the ledger has another name than its column. */
  readonly columns?: Readonly<Record<string, string>>;
  readonly lists?: Readonly<Record<string, CodeList | Readonly<Record<string, Bilingual>>>>;
  /** Facts in hundredths, which sheets have in units. */
  readonly hundredths?: readonly string[];
}

const sheets: Readonly<Record<ImportKind, Sheet>> = {
  roster: {
    form: rosterForm,
    columns: { programId: 'programName', classId: 'className', lengthOfStudyMonths: 'lengthOfStudy' },
    lists: {
      sex: sexes,
      idType: idTypes,
      level: levels,
      studyForm: studyForms,
      intake: intakes,
      ethnicGroup: ethnicGroups,
      politicalStatus: politicalStatuses,
      status: rosterStatuses,
    },
  },
  programs: { form: programForm, columns: { lengthOfStudyMonths: 'lengthOfStudy' }, lists: { level: levels } },
  courses: { form: courseForm, lists: { nature: courseNatures }, hundredths: ['credits'] },
  organizations: { form: organizationForm, lists: { kind: organizationKinds } },
  mentors: { form: mentorForm, lists: { side: mentorSides } },
  contracts: {
    form: contractForm,
    columns: {
      learnerId: 'studentNumber',
      enrollmentId: 'studentNumber',
      schoolMentorId: 'schoolMentor',
      enterpriseMentorId: 'enterpriseMentor',
    },
    lists: { status: contractStatuses, endGround: terminationGroundWords },
  },
  registrations: { form: registrationForm },
  'annual-registrations': { form: annualRegistrationForm },
  'status-changes': { form: statusChangeForm },
  'class-changes': { form: classChangeForm },
  rechecks: { form: recheckForm },
  results: {
    form: resultForm,
    columns: { grade: 'score', code: 'score', passed: 'score', nature: 'courseNature' },
    lists: {
      kind: attemptKinds,
      grade: fiveGrades,
      code: resultCodes,
      passed: { true: { zh: '合格', en: 'passed' }, false: { zh: '不合格', en: 'failed' } },
      nature: courseNatures,
    },
    hundredths: ['score', 'credits'],
  },
};

/** In whose words and at whose wall clock a row is told what became of it. */
export interface Reader {
  readonly language: Language;
  readonly zone: string;
}

/** The refusal's sentence, codes in their words, moments as her calendar has them; of differences each with its header, old → new. */
export function rowReason(kind: ImportKind, { refused, facts }: Refusal, { language, zone }: Reader): string {
  const words = Object.fromEntries(
    Object.entries(inWords(refused, facts, language)).map(([name, fact]) => [name, onTheWall(fact, zone)]),
  );
  const differences = facts['differences'];
  if (!Array.isArray(differences)) return fill(refusals[refused][language], words);
  const shown = (differences as (Difference | string)[]).map((difference) =>
    typeof difference === 'string' ? difference : differenceText(sheets[kind], difference, language),
  );
  return fill(refusals[refused][language], { ...words, differences: shown });
}

/** The start of a day is that day: a sheet says no more. */
const onTheWall = (fact: unknown, zone: string): unknown =>
  typeof fact === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(fact)
    ? timeIn(fact, zone).replace(/ 00:00$/, '')
    : fact;

function differenceText({ form, columns, lists, hundredths }: Sheet, { field, ...said }: Difference, language: Language): string {
  const header = form.fields.find((known) => known.field === (columns?.[field] ?? field));
  const list = lists?.[field];
  const word = (value: unknown): string => {
    const entry = Array.isArray(list)
      ? (list as CodeList).find(({ code }) => code === value)
      : (list as Readonly<Record<string, Bilingual>> | undefined)?.[String(value)];
    if (entry) return entry[language];
    if (value === null) return '–';
    if (typeof value === 'number' && hundredths?.includes(field)) return decimal(value);
    if (isBilingual(value)) return value[language];
    if (field === 'components')
      return (value as ComponentScores).map(({ name, score }) => `${name} ${decimal(score)}`).join('，');
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  return `${header ? header[language][0] : field}: ${word(said.old)} → ${word(said.new)}`;
}

type ComponentScores = readonly { readonly name: string; readonly score: number }[];

const isBilingual = (value: unknown): value is Bilingual =>
  typeof value === 'object' && value !== null && 'zh' in value && 'en' in value;

/** Hundredths as sheets write them: digits alone, no float. */
export const decimal = (hundredths: number): string => {
  const rest = hundredths % 100;
  const whole = String((hundredths - rest) / 100);
  return rest === 0 ? whole : `${whole}.${String(rest).padStart(2, '0').replace(/0$/, '')}`;
};
