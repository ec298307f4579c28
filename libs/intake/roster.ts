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
  type CodeEntry,
  type EthnicGroup,
  type IdType,
  type Intake,
  type Level,
  type PoliticalStatus,
  type RosterStatus,
  type Sex,
  type StudyForm,
} from '../kernel/codes.ts';
import type { Contact, Identity } from '../kernel/personal.ts';
import { RecordReader, type Mapped } from './map-row.ts';
import type { SheetForm, TableRecord } from './table.ts';
import { parseCode, parseIdNumber, parseName, parseNote, parseNumber, parseText } from './values.ts';

export type RosterField =
  | 'candidateNumber'
  | 'studentNumber'
  | 'name'
  | 'sex'
  | 'birthDate'
  | 'idType'
  | 'idNumber'
  | 'politicalStatus'
  | 'ethnicGroup'
  | 'programCode'
  | 'programName'
  | 'level'
  | 'lengthOfStudy'
  | 'studyForm'
  | 'entryDate'
  | 'branch'
  | 'department'
  | 'className'
  | 'expectedGraduation'
  | 'intake'
  | 'status'
  | 'statusDate'
  | 'phone'
  | 'guardianName'
  | 'guardianPhone'
  | 'note';

/** The columns of a roster in the order in which we write them: formats.md, *Roster*. */
export const rosterForm: SheetForm<RosterField> = {
  fields: [
    { field: 'candidateNumber', zh: ['考生号'], code: 'KSH', en: ['candidate number'] },
    { field: 'studentNumber', zh: ['学号'], code: 'XH', en: ['student number'] },
    { field: 'name', zh: ['姓名'], code: 'XM', en: ['name'] },
    { field: 'sex', zh: ['性别'], code: 'XB', en: ['sex'], list: sexes },
    { field: 'birthDate', zh: ['出生日期', '出生年月日'], code: 'CSRQ', en: ['birth date'], dates: 'day' },
    { field: 'idType', zh: ['身份证件类型', '证件类型'], en: ['id type'], list: idTypes },
    {
      field: 'idNumber',
      zh: ['身份证号', '身份证件号', '证件号码', '身份证号码', '身份证件号码'],
      code: 'SFZH',
      en: ['id number'],
    },
    { field: 'politicalStatus', zh: ['政治面貌'], code: 'ZZMM', en: ['political status'], list: politicalStatuses },
    { field: 'ethnicGroup', zh: ['民族'], code: 'MZ', en: ['ethnic group'], list: ethnicGroups },
    { field: 'programCode', zh: ['专业代码'], code: 'ZYDM', en: ['program code'] },
    { field: 'programName', zh: ['专业名称', '专业'], code: 'ZYMC', en: ['program'] },
    { field: 'level', zh: ['层次', '培养层次'], code: 'CC', en: ['level'], list: levels },
    { field: 'lengthOfStudy', zh: ['学制'], code: 'XZ', en: ['years of study'], list: lengthsOfStudy },
    { field: 'studyForm', zh: ['学习形式'], code: 'XXXS', en: ['study form'], list: studyForms },
    { field: 'entryDate', zh: ['入学日期', '入学年月', '入学年份'], code: 'RXRQ', en: ['entry date'], dates: 'month' },
    { field: 'branch', zh: ['分院', '学院'], code: 'FY', en: ['faculty'] },
    { field: 'department', zh: ['系所', '系'], code: 'XSH', en: ['department'] },
    { field: 'className', zh: ['班号', '班级', '行政班'], code: 'BH', en: ['class'] },
    { field: 'expectedGraduation', zh: ['预计毕业日期'], code: 'YJBYRQ', en: ['expected graduation'], dates: 'month' },
    { field: 'intake', zh: ['招生类型', '招生类别'], en: ['intake'], list: intakes },
    { field: 'status', zh: ['学籍状态'], en: ['status'], list: rosterStatuses },
    { field: 'statusDate', zh: ['异动日期'], en: ['status date'], dates: 'day' },
    { field: 'phone', zh: ['联系电话'], en: ['phone'] },
    { field: 'guardianName', zh: ['监护人', '家长姓名'], en: ['guardian'] },
    { field: 'guardianPhone', zh: ['监护人电话'], en: ['guardian phone'] },
    { field: 'note', zh: ['备注'], code: 'BZ', en: ['note'] },
  ],
  needed: [['name'], ['idNumber'], ['programCode', 'programName'], ['entryDate']],
};

/** A student as a roster states it. Codes are those of kernel/codes.ts, dates are YYYY-MM-DD; absent keys were blank. */
export interface RosterRow {
  /** Where it stands in the sheet, from 1. */
  readonly row: number;
  readonly studentNumber?: string;
  readonly identity: Identity & {
    readonly sex?: Sex;
    readonly idType: IdType;
    readonly politicalStatus?: PoliticalStatus;
    readonly ethnicGroup?: EthnicGroup;
  };
  readonly contact?: Contact;
  readonly program: { readonly code?: string; readonly name?: string };
  readonly level?: Level;
  readonly lengthOfStudyMonths?: number;
  readonly studyForm?: StudyForm;
  readonly entryDate: string;
  readonly branch?: string;
  readonly department?: string;
  readonly className?: string;
  readonly expectedGraduation?: string;
  readonly intake?: Intake;
  readonly status?: RosterStatus;
  readonly statusDate?: string;
}

const endedStatuses: ReadonlySet<RosterStatus> = new Set([
  'withdrawn',
  'transferred-out',
  'expelled',
  'deceased',
  'graduated',
  'completed',
  'incomplete',
]);

const aDay = { month: false };
const aDayOrMonth = { month: true };
const aText = (cell: string) => parseText(cell);
const aNote = (cell: string) => parseNote(cell);
const aCandidateNumber = (cell: string) => parseNumber(cell, 18);
const aNumber = (cell: string) => parseNumber(cell, 32);
const aPhone = (cell: string) => parseNumber(cell, 40);
const oneOf =
  <E extends CodeEntry>(list: readonly E[]) =>
  (cell: string) =>
    parseCode(cell, list);
const aSex = oneOf(sexes);
const anIdType = oneOf(idTypes);
const aPoliticalStatus = oneOf(politicalStatuses);
const anEthnicGroup = oneOf(ethnicGroups);
const aLevel = oneOf(levels);
const aLengthOfStudy = oneOf(lengthsOfStudy);
const aStudyForm = oneOf(studyForms);
const anIntake = oneOf(intakes);
const aStatus = oneOf(rosterStatuses);

/**
 * Reads one record of a roster. Refuses with every problem of the row, not only the first.
 * Birth date and sex are taken from a resident id where their cells are blank. Whether program and class exist is for the importer.
 */
export const mapRosterRow = (record: TableRecord<RosterField>): Mapped<RosterRow> => {
  // Where cells are shifted, everything else that seems wrong would only mislead.
  if (record.problems.length > 0) return { ok: false, problems: record.problems };
  const cell = new RecordReader(record, rosterForm);

  const candidateNumber = cell.read('candidateNumber', aCandidateNumber);
  const studentNumber = cell.read('studentNumber', aNumber);
  const name = cell.readNeeded('name', parseName);
  const statedSex = cell.read('sex', aSex);
  const statedBirthDate = cell.readDate('birthDate', aDay);
  const idType = cell.has('idType') ? cell.read('idType', anIdType)?.code : 'resident-id';
  // Without knowing the type of document its number cannot be judged.
  const id = idType && cell.readNeeded('idNumber', (text) => parseIdNumber(text, idType));
  const politicalStatus = cell.read('politicalStatus', aPoliticalStatus)?.code;
  const ethnicGroup = cell.read('ethnicGroup', anEthnicGroup)?.code;
  const programCode = cell.read('programCode', aNumber);
  const programName = cell.read('programName', aText);
  const level = cell.read('level', aLevel)?.code;
  const lengthOfStudyMonths = cell.read('lengthOfStudy', aLengthOfStudy)?.months;
  const studyForm = cell.read('studyForm', aStudyForm)?.code;
  const entryDate = cell.readNeededDate('entryDate', aDayOrMonth);
  const branch = cell.read('branch', aText);
  const department = cell.read('department', aText);
  const className = cell.read('className', aText);
  const expectedGraduation = cell.readDate('expectedGraduation', aDayOrMonth);
  const intake = cell.read('intake', anIntake)?.code;
  const status = cell.read('status', aStatus);
  const statusDate = cell.readDate('statusDate', aDay);
  const phone = cell.read('phone', aPhone);
  const guardianName = cell.read('guardianName', parseName);
  const guardianPhone = cell.read('guardianPhone', aPhone);
  const note = cell.readAny('note', aNote);

  if (statedSex && id?.sex && statedSex.code !== id.sex) {
    cell.refuse('sex', 'SEX_DISAGREES_WITH_ID', {
      stated: words(statedSex),
      fromId: words(sexes.find(({ code }) => code === id.sex)),
    });
  }
  if (statedBirthDate && id?.birthDate && statedBirthDate !== id.birthDate) {
    cell.refuse('birthDate', 'BIRTH_DATE_DISAGREES_WITH_ID', { stated: statedBirthDate, fromId: id.birthDate });
  }
  if (!cell.has('programCode') && !cell.has('programName')) cell.refuse('programCode', 'PROGRAM_MISSING');
  if (expectedGraduation && entryDate && expectedGraduation <= entryDate) {
    cell.refuse('expectedGraduation', 'GRADUATION_NOT_AFTER_ENTRY', { expectedGraduation, entryDate });
  }
  if (status && endedStatuses.has(status.code)) {
    if (!cell.has('statusDate')) cell.refuse('statusDate', 'STATUS_DATE_MISSING', { status: words(status) });
    else if (statusDate && entryDate && statusDate < entryDate) {
      cell.refuse('statusDate', 'STATUS_DATE_BEFORE_ENTRY', { statusDate, entryDate });
    }
  }
  if (statusDate && !cell.has('status')) cell.refuse('status', 'STATUS_MISSING', { statusDate });

  if (cell.problems.length > 0 || !name || !idType || !id || !entryDate) return { ok: false, problems: cell.problems };
  const sex = statedSex?.code ?? id.sex;
  const birthDate = statedBirthDate ?? id.birthDate;
  const row: RosterRow = {
    row: record.row,
    ...(studentNumber && { studentNumber }),
    identity: {
      name,
      ...(sex && { sex }),
      ...(birthDate && { birthDate }),
      idType,
      idNumber: id.number,
      ...(candidateNumber && { candidateNumber }),
      ...(politicalStatus && { politicalStatus }),
      ...(ethnicGroup && { ethnicGroup }),
      ...(note && { note }),
    },
    ...((phone || guardianName || guardianPhone) && {
      contact: { ...(phone && { phone }), ...(guardianName && { guardianName }), ...(guardianPhone && { guardianPhone }) },
    }),
    program: { ...(programCode && { code: programCode }), ...(programName && { name: programName }) },
    ...(level && { level }),
    ...(lengthOfStudyMonths && { lengthOfStudyMonths }),
    ...(studyForm && { studyForm }),
    entryDate,
    ...(branch && { branch }),
    ...(department && { department }),
    ...(className && { className }),
    ...(expectedGraduation && { expectedGraduation }),
    ...(intake && { intake }),
    ...(status && { status: status.code }),
    ...(statusDate && { statusDate }),
  };
  return { ok: true, row, warnings: cell.warnings };
};

const words = (entry: CodeEntry | undefined) => ({ zh: entry?.zh ?? '', en: entry?.en ?? '' });
