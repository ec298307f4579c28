import { lookup, type CodeEntry, type CodeList } from '../kernel/codes.ts';
import { courseNatureWords } from './courses.ts';
import { RecordReader, type Mapped } from './map-row.ts';
import type { SheetForm, TableRecord } from './table.ts';
import {
  cleanText,
  parseAcademicYear,
  parseCode,
  parseHundredths,
  parseName,
  parseNumber,
  parseText,
  type Parsed,
} from './values.ts';

// ── words of the academic-affairs system ───────────────────────────────────────────────────────────────────────────────────

/** Kinds of attempts (成绩性质). */
const attemptKindWords = [
  { code: 'first', zh: '正常考试', en: 'first attempt', accepts: ['正常', '正考', '期末考试', '初修', '首次考试'] },
  {
    code: 'make-up',
    zh: '补考',
    en: 'make-up',
    accepts: ['补考一', '补考二', '补考1', '补考2', '毕业补考', '结业补考', '正常补考'],
  },
  { code: 'retake', zh: '重修', en: 'retake', accepts: ['重修考试', '重修一', '重修二', '重修1', '重修2', '重学', '重读'] },
  { code: 'deferred', zh: '缓考', en: 'deferred examination', accepts: ['缓考考试', '缓补考'] },
] as const satisfies CodeList;
export type AttemptKind = (typeof attemptKindWords)[number]['code'];

const gradeWords = [
  { code: 'excellent', zh: '优秀', en: 'excellent', accepts: ['优'] },
  { code: 'good', zh: '良好', en: 'good', accepts: ['良'] },
  { code: 'medium', zh: '中等', en: 'medium', accepts: ['中'] },
  { code: 'pass', zh: '及格', en: 'pass' },
  { code: 'fail', zh: '不及格', en: 'fail' },
] as const satisfies CodeList;
export type Grade = (typeof gradeWords)[number]['code'];

const verdictWords = [
  { code: 'passed', zh: '合格', en: 'passed', accepts: ['通过'] },
  { code: 'failed', zh: '不合格', en: 'failed', accepts: ['不通过', '未通过'] },
] as const satisfies CodeList;

/** What stands where there is no score. */
const resultCodeWords = [
  { code: 'deferred', zh: '缓考', en: 'deferred', accepts: ['缓'] },
  { code: 'absent', zh: '缺考', en: 'absent', accepts: ['旷考', '缺', '未参加考试'] },
  { code: 'cheating', zh: '作弊', en: 'cheating', accepts: ['违纪', '考试作弊', '考试违纪', '舞弊'] },
  { code: 'exempted', zh: '免修', en: 'exempted', accepts: ['免考', '免'] },
  { code: 'cancelled', zh: '取消', en: 'cancelled', accepts: ['取消资格', '取消考试资格', '取消成绩'] },
] as const satisfies CodeList;
export type ResultCode = (typeof resultCodeWords)[number]['code'];

const termWords = [
  {
    code: '1',
    zh: '第一学期',
    en: 'first term',
    accepts: ['一', '上', '秋', '第1学期', '上学期', '秋季', '秋季学期', 'autumn', 'fall'],
  },
  {
    code: '2',
    zh: '第二学期',
    en: 'second term',
    accepts: ['二', '下', '春', '第2学期', '下学期', '春季', '春季学期', 'spring'],
  },
  {
    code: '3',
    zh: '第三学期',
    en: 'third term',
    accepts: ['三', '夏', '第3学期', '短学期', '小学期', '夏季学期', '暑期学期', 'summer'],
  },
] as const satisfies CodeList;
export type TermNumber = (typeof termWords)[number]['code'];

const yesOrNo = [
  { code: 'yes', zh: '是', en: 'yes', accepts: ['1', 'y', 'true', '作废', '已作废'] },
  { code: 'no', zh: '否', en: 'no', accepts: ['0', 'n', 'false', '正常', '有效'] },
] as const satisfies CodeList;

// ── columns ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type ResultField =
  | 'academicYear'
  | 'term'
  | 'courseCode'
  | 'courseName'
  | 'courseNature'
  | 'credits'
  | 'score'
  | 'remark'
  | 'gradePoint'
  | 'kind'
  | 'degreeCourse'
  | 'faculty'
  | 'courseMark'
  | 'category'
  | 'courseGroup'
  | 'teachingClass'
  | 'teachers'
  | 'examination'
  | 'studentNumber'
  | 'name'
  | 'studentMark'
  | 'voided'
  | 'creditGradePoint'
  | Component
  | 'order';

type Component = 'usual' | 'training' | 'final' | 'defense' | 'total';
const components: readonly Component[] = ['usual', 'training', 'final', 'defense', 'total'];

/**
 * The academic-affairs system's columns in its order, then the components that may follow: formats.md, *Results*. What the ledger folds
 * for itself (grade points) or knows from elsewhere (teachers, faculties) is not recorded a second time.
 */
export const resultForm: SheetForm<ResultField> = {
  fields: [
    { field: 'academicYear', zh: ['学年'], code: 'XN', en: ['academic year'] },
    { field: 'term', zh: ['学期'], code: 'XQ', en: ['term'], list: termWords },
    { field: 'courseCode', zh: ['课程代码', '课程编号', '课程号'], code: 'KCDM', en: ['course code'] },
    { field: 'courseName', zh: ['课程名称', '课程'], code: 'KCMC', en: ['course'] },
    { field: 'courseNature', zh: ['课程性质'], code: 'KCXZ', en: ['nature'], list: courseNatureWords },
    { field: 'credits', zh: ['学分'], code: 'XF', en: ['credits'] },
    { field: 'score', zh: ['成绩'], code: 'CJ', en: ['score', 'result'] },
    { field: 'remark', zh: ['成绩备注'], code: 'CJBZ', en: ['remark'] },
    { field: 'gradePoint', zh: ['绩点'], code: 'JD', en: ['grade point'], unrecorded: true },
    { field: 'kind', zh: ['成绩性质', '考试性质'], code: 'CJXZ', en: ['attempt'], list: attemptKindWords },
    { field: 'degreeCourse', zh: ['是否学位课程'], code: 'SFXWKC', en: ['degree course'], unrecorded: true },
    { field: 'faculty', zh: ['开课学院', '开课单位', '开课部门'], code: 'KKXY', en: ['faculty'], unrecorded: true },
    { field: 'courseMark', zh: ['课程标记'], code: 'KCBJ', en: ['course mark'], unrecorded: true },
    { field: 'category', zh: ['课程类别'], code: 'KCLB', en: ['category'] },
    { field: 'courseGroup', zh: ['课程归属'], code: 'KCGS', en: ['course group'], unrecorded: true },
    { field: 'teachingClass', zh: ['教学班', '教学班名称'], code: 'JXB', en: ['teaching class'] },
    { field: 'teachers', zh: ['任课教师', '教师'], code: 'RKJS', en: ['teacher'], unrecorded: true },
    { field: 'examination', zh: ['考核方式'], code: 'KHFS', en: ['examination'], unrecorded: true },
    { field: 'studentNumber', zh: ['学号'], code: 'XH', en: ['student number'] },
    { field: 'name', zh: ['姓名'], code: 'XM', en: ['name'] },
    { field: 'studentMark', zh: ['学生标记'], code: 'XSBJ', en: ['student mark'], unrecorded: true },
    { field: 'voided', zh: ['是否成绩作废', '成绩作废'], code: 'SFCJZF', en: ['voided'], list: yesOrNo },
    { field: 'creditGradePoint', zh: ['学分绩点'], code: 'XFJD', en: ['credit grade point'], unrecorded: true },
    { field: 'usual', zh: ['平时成绩'], en: ['usual performance'] },
    { field: 'training', zh: ['实训成绩'], en: ['practical training'] },
    { field: 'final', zh: ['期末成绩'], en: ['final examination'] },
    { field: 'defense', zh: ['答辩成绩'], en: ['defense'] },
    { field: 'total', zh: ['总评成绩'], en: ['total'] },
    // No export has it: where one attempt of several in the same term is imported alone, the sender says here which one it is.
    { field: 'order', zh: ['考试次数'], en: ['attempt order'] },
  ],
  needed: [
    ['studentNumber'],
    ['name'],
    ['courseCode'],
    ['courseName'],
    ['academicYear'],
    ['term'],
    ['credits'],
    ['score', 'total'],
  ],
};

// ── rows ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What came of an attempt as the sheet says it: exactly one of these. */
export interface StatedResult {
  /** Hundredths of a point. */
  readonly score?: number;
  readonly grade?: Grade;
  readonly verdict?: (typeof verdictWords)[number]['code'];
  readonly code?: ResultCode;
}

/** A result as the academic-affairs system exports it; key: student number, course code, year, term, kind and order. */
export interface ResultRow {
  /** Where it stands in the sheet, from 1. */
  readonly row: number;
  readonly studentNumber: string;
  readonly name: string;
  readonly courseCode: string;
  readonly courseName: string;
  /** Hundredths. */
  readonly credits: number;
  /** Code of a nature, the sheet's own word where it is none. */
  readonly nature?: string;
  readonly category?: string;
  readonly kind: AttemptKind;
  /** Among attempts of the same kind at the same course in the same term, from 1. */
  readonly order: number;
  /** `2025-2026`. */
  readonly academicYear: string;
  readonly term: TermNumber;
  readonly result: StatedResult;
  readonly components: readonly { readonly name: string; readonly score: number }[];
  readonly voided: boolean;
  readonly teachingClass?: string;
}

/** Reads the records of one sheet in their order, which tells attempts of the same kind and term apart. */
export const resultMapper = (): ((record: TableRecord<ResultField>) => Mapped<ResultRow>) => {
  const orderOf = attemptOrders();
  return (record) => {
    const mapped = mapResultRow(record);
    return mapped.ok ? { ...mapped, row: orderOf(mapped.row) } : mapped;
  };
};

/** Reads one record. Refuses with every problem of the row. Whether learner and course exist is for the importer. */
const mapResultRow = (record: TableRecord<ResultField>): Mapped<ResultRow> => {
  if (record.problems.length > 0) return { ok: false, problems: record.problems };
  const cell = new RecordReader(record, resultForm);
  const studentNumber = cell.readNeeded('studentNumber', aNumber);
  const name = cell.readNeeded('name', parseName);
  const courseCode = cell.readNeeded('courseCode', aNumber);
  const courseName = cell.readNeeded('courseName', aText);
  const credits = cell.readNeeded('credits', someCredits);
  const nature = cell.read('courseNature', aText);
  const category = cell.read('category', aText);
  const kind = cell.has('kind') ? cell.read('kind', aKind)?.code : 'first';
  const order = cell.read('order', someOrder);
  const academicYear = cell.readNeeded('academicYear', parseAcademicYear);
  const term = cell.readNeeded('term', aTerm)?.code;
  const result = readResult(cell, record);
  const scored = readComponents(cell, record);
  const voided = cell.read('voided', aFlag)?.code === 'yes';
  const teachingClass = cell.read('teachingClass', aLongText);

  const { problems, warnings } = cell;
  if (problems.length > 0 || !studentNumber || !name || !courseCode || !courseName) return { ok: false, problems };
  if (credits === undefined || !kind || !academicYear || !term || !result) return { ok: false, problems };
  const row: ResultRow = {
    row: record.row,
    studentNumber,
    name,
    courseCode,
    courseName,
    credits,
    ...(nature && { nature: lookup(courseNatureWords, nature)?.code ?? nature }),
    ...(category && { category }),
    kind,
    order: order ?? 0,
    academicYear,
    term,
    result,
    components: scored,
    voided,
    ...(teachingClass && { teachingClass }),
  };
  return { ok: true, row, warnings };
};

const aNumber = (cell: string) => parseNumber(cell, 32);
const aText = (cell: string) => parseText(cell);
const aLongText = (cell: string) => parseText(cell, 200);
const someCredits = (cell: string) => parseHundredths(cell, 100);
const points = (cell: string) => parseHundredths(cell, 100);
const someOrder = (cell: string): Parsed<number> => {
  const parsed = parseHundredths(cell, 20);
  if (parsed.ok && (parsed.value < 100 || parsed.value % 100 !== 0)) {
    return { ok: false, problem: { code: 'NUMBER_OUT_OF_RANGE', facts: { value: cleanText(cell), min: 1, max: 20 } } };
  }
  return parsed.ok ? { ok: true, value: parsed.value / 100 } : parsed;
};
const oneOf =
  <E extends CodeEntry>(list: readonly E[]) =>
  (cell: string) =>
    parseCode(cell, list);
const aKind = oneOf(attemptKindWords);
/** Some exports write the year into the term as well: 2025-2026-1, 2025-2026学年第一学期. */
const aTerm = (cell: string) => parseCode(cleanText(cell).replace(/^\d{4} ?[-/—–] ?\d{4} ?(?:学年)?[- ]?/, ''), termWords);
const aFlag = oneOf(yesOrNo);

// ── results ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A number, a word of one of the scales, or a code. */
const parseResult = (cell: string): Parsed<StatedResult> => {
  const grade = lookup(gradeWords, cell)?.code;
  if (grade) return { ok: true, value: { grade } };
  const verdict = lookup(verdictWords, cell)?.code;
  if (verdict) return { ok: true, value: { verdict } };
  const code = lookup(resultCodeWords, cell)?.code;
  if (code) return { ok: true, value: { code } };
  const score = points(cell);
  if (score.ok) return { ok: true, value: { score: score.value } };
  if (/^[\s\d.．０-９+-]+$/.test(cell)) return score;
  const accepted = [...gradeWords, ...verdictWords, ...resultCodeWords].map(({ zh }) => zh);
  return { ok: false, problem: { code: 'RESULT_UNKNOWN', facts: { value: cleanText(cell).slice(0, 60), accepted } } };
};

/**
 * 成绩, else 总评成绩, else what 成绩备注 says. A code in the remark counts where no result stands beside it, or 0, which the system writes
 * where nobody sat the examination; beside any other result it is told and left.
 */
const readResult = (cell: RecordReader<ResultField>, record: TableRecord<ResultField>): StatedResult | undefined => {
  const remark = record.values.remark;
  const code = remark === undefined ? undefined : lookup(resultCodeWords, cleanText(remark))?.code;
  const stated = cell.has('score') ? cell.read('score', parseResult) : cell.read('total', parseResult);
  const none = !cell.has('score') && !cell.has('total');
  if (code !== undefined && (none || stated?.score === 0)) return { code };
  if (none) cell.refuse('score', 'VALUE_MISSING');
  const told = code !== undefined && code === stated?.code;
  if (remark !== undefined && stated && !told)
    cell.warn('remark', 'REMARK_NOT_RECORDED', { remark: cleanText(remark).slice(0, 60) });
  return stated;
};

/** The ledger keeps components in points. A word among them is told and left out, since the result stands without it. */
const readComponents = (
  cell: RecordReader<ResultField>,
  record: TableRecord<ResultField>,
): readonly { readonly name: string; readonly score: number }[] => {
  const scored: { name: string; score: number }[] = [];
  for (const component of components) {
    const text = record.values[component];
    if (text === undefined) continue;
    const name = resultForm.fields.find(({ field }) => field === component)!.zh[0];
    const score = points(text);
    if (score.ok) scored.push({ name, score: score.value });
    else if (parseResult(text).ok) cell.warn(component, 'COMPONENT_NOT_POINTS', { value: cleanText(text) });
    else cell.refuse(component, score.problem.code, score.problem.facts);
  }
  return scored;
};

// ── order ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Counts attempts under equal keys. A make-up or a retake can be sat again in the same term, and any attempt can be repeated after one that
 * was voided: there a row that says something else is the next attempt. Everywhere else it is the same one, said differently.
 */
const attemptOrders = (): ((row: ResultRow) => ResultRow) => {
  const seen = new Map<string, { readonly said: string[]; voided: boolean }>();
  return (row) => {
    if (row.order > 0) return row;
    const key = [row.studentNumber, row.courseCode, row.academicYear, row.term, row.kind].join('\n');
    const said = JSON.stringify([row.result, row.voided, row.components, row.credits]);
    const before = seen.get(key);
    if (!before) {
      seen.set(key, { said: [said], voided: row.voided });
      return { ...row, order: 1 };
    }
    const again = before.said.indexOf(said);
    if (again >= 0) return { ...row, order: again + 1 };
    if (row.kind !== 'make-up' && row.kind !== 'retake' && !before.voided && !row.voided)
      return { ...row, order: before.said.length };
    before.said.push(said);
    before.voided = row.voided;
    return { ...row, order: before.said.length };
  };
};
