import {
  ethnicGroups,
  idTypes,
  intakes,
  lengthsOfStudy,
  levels,
  politicalStatuses,
  rosterStatuses,
  sexes,
  studyForms,
  type CodeList,
} from '../kernel/codes.ts';
import type { Language } from '../kernel/bilingual.ts';
import type { Contact, Identity } from '../kernel/personal.ts';
import { rosterForm, type RosterField, type RosterRow } from './roster.ts';

/** A student as the sheets show her: a roster row without its place, with whatever codes the events hold. Dates are YYYY-MM-DD. */
export interface SheetStudent {
  readonly studentNumber?: string;
  readonly identity: Identity;
  readonly contact?: Contact;
  readonly program: RosterRow['program'];
  readonly level?: string;
  readonly lengthOfStudyMonths?: number;
  readonly studyForm?: string;
  readonly entryDate: string;
  readonly branch?: string;
  readonly department?: string;
  readonly className?: string;
  readonly expectedGraduation?: string;
  readonly intake?: string;
  readonly status?: string;
  readonly statusDate?: string;
}

const hasCode = (field: (typeof rosterForm.fields)[number]): boolean => field.code !== undefined && field.field !== 'note';

const registerFields: readonly RosterField[] = rosterForm.fields.filter(hasCode).map(({ field }) => field);
const sheetFields: readonly RosterField[] = rosterForm.fields.map(({ field }) => field);

/** The 18 fields of the national register in its order, KSH … YJBYRQ. They have no column for the type of document: only resident ids come back. */
export const registerHeader: readonly string[] = rosterForm.fields.filter(hasCode).map(({ code = '' }) => code);

/** One student for the register: its words, dates as YYYYMMDD. Blank where nothing is known. */
export const registerCells = (student: SheetStudent): string[] =>
  registerFields.map((field) =>
    isDate(field) ? cellOf(student, field, 'zh').replaceAll('-', '') : cellOf(student, field, 'zh'),
  );

/** Every column of a roster, in its order. */
export const sheetHeader = (language: Language): string[] => rosterForm.fields.map((field) => field[language][0]);

/** One student for the full sheet: words in the language of the header, dates as YYYY-MM-DD. */
export const sheetCells = (student: SheetStudent, language: Language): string[] =>
  sheetFields.map((field) => cellOf(student, field, language));

/** Columns of the full sheet whose cells are dates. */
export const sheetDates: readonly boolean[] = rosterForm.fields.map(({ field }) => isDate(field));

function isDate(field: RosterField): boolean {
  return field === 'birthDate' || field === 'entryDate' || field === 'expectedGraduation' || field === 'statusDate';
}

const cellOf = (student: SheetStudent, field: RosterField, language: Language): string => {
  const word = (list: CodeList, code: string | undefined): string => {
    if (code === undefined) return '';
    // A code that an older list had is shown as it is, and refused when it is read back.
    return list.find((entry) => entry.code === code)?.[language] ?? code;
  };
  switch (field) {
    case 'name':
    case 'birthDate':
    case 'idNumber':
    case 'candidateNumber':
    case 'note':
      return student.identity[field] ?? '';
    case 'phone':
    case 'guardianName':
    case 'guardianPhone':
      return student.contact?.[field] ?? '';
    case 'studentNumber':
    case 'entryDate':
    case 'branch':
    case 'department':
    case 'className':
    case 'expectedGraduation':
    case 'statusDate':
      return student[field] ?? '';
    case 'programCode':
      return student.program.code ?? '';
    case 'programName':
      return student.program.name ?? '';
    case 'sex':
      return word(sexes, student.identity.sex);
    case 'idType':
      return word(idTypes, student.identity.idType);
    case 'politicalStatus':
      return word(politicalStatuses, student.identity.politicalStatus);
    case 'ethnicGroup':
      return word(ethnicGroups, student.identity.ethnicGroup);
    case 'level':
      return word(levels, student.level);
    case 'studyForm':
      return word(studyForms, student.studyForm);
    case 'intake':
      return word(intakes, student.intake);
    case 'status':
      return word(rosterStatuses, student.status);
    case 'lengthOfStudy':
      return lengthsOfStudy.find(({ months }) => months === student.lengthOfStudyMonths)?.code ?? '';
    default:
      return field satisfies never;
  }
};
