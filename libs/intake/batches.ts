import type { CodeList } from '../kernel/codes.ts';
import { RecordReader, type Mapped } from './map-row.ts';
import type { SheetForm, TableRecord } from './table.ts';
import { parseAcademicYear, parseCode, parseNote, parseNumber, parseText } from './values.ts';
import { idFields, nameField, noteField, readById, readByNumber, studentNumberField, type Whom } from './whom.ts';

/** The lists of a registrar's year about people who are on record: registration, annual registration, class changes, re-checks. */

/** What every row of these says. Dates are YYYY-MM-DD. */
export interface StudentRow {
  /** Where it stands in the sheet, from 1. */
  readonly row: number;
  readonly whom: Whom;
  /** When it became true; now where absent. */
  readonly on?: string;
  /** Free text about her. */
  readonly note?: string;
}

export interface RegistrationRow extends StudentRow {
  /** The number that she gets. */
  readonly studentNumber: string;
  readonly className?: string;
}

export interface AnnualRegistrationRow extends StudentRow {
  readonly academicYear: string;
}

export interface ClassChangeRow extends StudentRow {
  readonly className: string;
  /** Where the sheet believes her to be now. */
  readonly fromClassName?: string;
}

export interface RecheckRow extends StudentRow {
  readonly passed: boolean;
}

const aDay = { month: false };
const aNote = (cell: string) => parseNote(cell);
const aClass = (cell: string) => parseText(cell);

/** What a review found, as sheets say it. */
export const reviewResults = [
  {
    code: 'passed',
    zh: '合格',
    en: 'passed',
    accepts: ['通过', '已通过', '审核通过', '复查合格', '复查通过', '符合', '是', '√', 'pass', 'yes'],
  },
  {
    code: 'failed',
    zh: '不合格',
    en: 'failed',
    accepts: ['未通过', '不通过', '复查不合格', '不符合', '否', '×', 'fail', 'no'],
  },
] as const satisfies CodeList;

/** The reader's problems where there are any, else the row. */
const mappedAs = <Row>(cell: Pick<RecordReader<string>, 'problems' | 'warnings'>, row: Row | undefined): Mapped<Row> =>
  cell.problems.length > 0 || !row ? { ok: false, problems: cell.problems } : { ok: true, row, warnings: cell.warnings };

const given = <T extends object>(said: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as never;

// ── registration (入学注册) ────────────────────────────────────────────────────────────────────────────────────────────────

export type RegistrationField = 'studentNumber' | 'name' | 'idType' | 'idNumber' | 'className' | 'on' | 'note';

export const registrationForm: SheetForm<RegistrationField> = {
  fields: [
    studentNumberField,
    nameField,
    ...idFields,
    { field: 'className', zh: ['班级', '班号', '行政班'], code: 'BH', en: ['class'] },
    { field: 'on', zh: ['注册日期', '报到日期'], en: ['registered on'], dates: 'day' },
    noteField,
  ],
  needed: [['studentNumber'], ['name'], ['idNumber']],
};

export function mapRegistrationRow(record: TableRecord<RegistrationField>): Mapped<RegistrationRow> {
  if (record.problems.length > 0) return { ok: false, problems: record.problems };
  const cell = new RecordReader(record, registrationForm);
  const studentNumber = cell.readNeeded('studentNumber', (text) => parseNumber(text, 32));
  const whom = readById(cell);
  const className = cell.read('className', aClass);
  const on = cell.readDate('on', aDay);
  const note = cell.readAny('note', aNote);
  return mappedAs(
    cell,
    studentNumber && whom ? { row: record.row, whom, studentNumber, ...given({ className, on, note }) } : undefined,
  );
}

// ── annual registration (学年注册) ─────────────────────────────────────────────────────────────────────────────────────────

export type AnnualRegistrationField = 'studentNumber' | 'name' | 'academicYear' | 'on' | 'note';

export const annualRegistrationForm: SheetForm<AnnualRegistrationField> = {
  fields: [
    studentNumberField,
    nameField,
    { field: 'academicYear', zh: ['学年', '注册学年'], code: 'XN', en: ['academic year'] },
    { field: 'on', zh: ['注册日期', '注册时间'], en: ['registered on'], dates: 'day' },
    noteField,
  ],
  needed: [['studentNumber'], ['name'], ['academicYear']],
};

export function mapAnnualRegistrationRow(record: TableRecord<AnnualRegistrationField>): Mapped<AnnualRegistrationRow> {
  if (record.problems.length > 0) return { ok: false, problems: record.problems };
  const cell = new RecordReader(record, annualRegistrationForm);
  const whom = readByNumber(cell);
  const academicYear = cell.readNeeded('academicYear', parseAcademicYear);
  const on = cell.readDate('on', aDay);
  const note = cell.readAny('note', aNote);
  return mappedAs(cell, whom && academicYear ? { row: record.row, whom, academicYear, ...given({ on, note }) } : undefined);
}

// ── class changes (调班) ───────────────────────────────────────────────────────────────────────────────────────────────────

export type ClassChangeField = 'studentNumber' | 'name' | 'fromClassName' | 'className' | 'on' | 'note';

export const classChangeForm: SheetForm<ClassChangeField> = {
  fields: [
    studentNumberField,
    nameField,
    { field: 'fromClassName', zh: ['原班级', '调出班级', '转出班级'], en: ['former class'] },
    { field: 'className', zh: ['新班级', '调入班级', '转入班级', '现班级'], en: ['new class'] },
    { field: 'on', zh: ['调班日期', '异动日期', '转班日期'], en: ['changed on'], dates: 'day' },
    noteField,
  ],
  needed: [['studentNumber'], ['name'], ['className']],
};

export function mapClassChangeRow(record: TableRecord<ClassChangeField>): Mapped<ClassChangeRow> {
  if (record.problems.length > 0) return { ok: false, problems: record.problems };
  const cell = new RecordReader(record, classChangeForm);
  const whom = readByNumber(cell);
  const fromClassName = cell.read('fromClassName', aClass);
  const className = cell.readNeeded('className', aClass);
  const on = cell.readDate('on', aDay);
  const note = cell.readAny('note', aNote);
  return mappedAs(
    cell,
    whom && className ? { row: record.row, whom, className, ...given({ fromClassName, on, note }) } : undefined,
  );
}

// ── re-checks (入学资格复查) ───────────────────────────────────────────────────────────────────────────────────────────────

export type RecheckField = 'studentNumber' | 'name' | 'result' | 'on' | 'note';

export const recheckForm: SheetForm<RecheckField> = {
  fields: [
    studentNumberField,
    nameField,
    { field: 'result', zh: ['复查结果', '复查结论', '入学资格复查结果'], en: ['re-check result', 'result'], list: reviewResults },
    { field: 'on', zh: ['复查日期', '复查时间'], en: ['re-checked on'], dates: 'day' },
    noteField,
  ],
  needed: [['studentNumber'], ['name'], ['result']],
};

export function mapRecheckRow(record: TableRecord<RecheckField>): Mapped<RecheckRow> {
  if (record.problems.length > 0) return { ok: false, problems: record.problems };
  const cell = new RecordReader(record, recheckForm);
  const whom = readByNumber(cell);
  const result = cell.readNeeded('result', (text) => parseCode(text, reviewResults));
  const on = cell.readDate('on', aDay);
  const note = cell.readAny('note', aNote);
  return mappedAs(
    cell,
    whom && result ? { row: record.row, whom, passed: result.code === 'passed', ...given({ on, note }) } : undefined,
  );
}
