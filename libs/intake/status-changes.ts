import { levels, type CodeList, type Level } from '../kernel/codes.ts';
import { reviewResults, type StudentRow } from './batches.ts';
import { RecordReader, type Mapped } from './map-row.ts';
import type { Finding } from './problems.ts';
import {
  retentionGroundWords,
  statusChangeKinds,
  suspensionGroundWords,
  transferGroundWords,
  withdrawalGroundWords,
  type StatusChangeKind,
} from './status-change-words.ts';
import type { SheetForm, TableRecord } from './table.ts';
import { cleanText, parseCode, parseHundredths, parseNote, parseNumber, parseText, type Parsed } from './values.ts';
import { idFields, nameField, noteField, readById, readByNumber, studentNumberField } from './whom.ts';

/** A list of status changes (学籍异动): one change of one person a row. */

/** Columns that only some changes speak of. */
const particulars = [
  'until',
  'appliedOn',
  'review',
  'programCode',
  'programName',
  'className',
  'toSchool',
  'toLevel',
  'requiredScore',
  'decisionNumber',
  'attested',
] as const;
type Particular = (typeof particulars)[number];

export type StatusChangeField =
  'studentNumber' | 'name' | 'idType' | 'idNumber' | 'change' | 'on' | 'ground' | 'note' | Particular;

/** The others are acts of their own: a list that says one of them is refused with the way. */
const listedChanges = statusChangeKinds.filter(
  ({ code }) => code !== 'transferred-in' && code !== 'revoked' && code !== 'annulled' && code !== 'withdrawal-reverted',
);
/** Of whatever change; each takes its own, and some take any words. */
const groundWords: CodeList = [
  ...new Map(
    [...suspensionGroundWords, ...retentionGroundWords, ...withdrawalGroundWords, ...transferGroundWords].map((word) => [
      word.zh as string,
      word,
    ]),
  ).values(),
];

export const statusChangeForm: SheetForm<StatusChangeField> = {
  fields: [
    studentNumberField,
    nameField,
    ...idFields,
    {
      field: 'change',
      zh: ['异动类型', '异动类别', '学籍异动类型', '变动类型'],
      en: ['status change', 'change'],
      list: listedChanges,
    },
    { field: 'on', zh: ['异动日期', '异动时间', '批准日期', '生效日期'], en: ['changed on', 'effective on'], dates: 'day' },
    { field: 'ground', zh: ['异动原因', '原因', '异动理由'], en: ['ground', 'reason'], list: groundWords },
    {
      field: 'until',
      zh: ['期满日期', '截止日期', '到期日期', '休学截止日期', '预计复学日期', '保留至'],
      en: ['until'],
      dates: 'day',
    },
    { field: 'appliedOn', zh: ['申请日期', '申请时间'], en: ['applied on'], dates: 'day' },
    { field: 'review', zh: ['复学审核', '复查结果', '审核结果'], en: ['review'], list: reviewResults },
    { field: 'programCode', zh: ['转入专业代码', '新专业代码'], en: ['new program code'] },
    { field: 'programName', zh: ['转入专业', '新专业', '转入专业名称'], en: ['new program'] },
    { field: 'className', zh: ['转入班级', '新班级', '编入班级', '调入班级'], en: ['new class'] },
    { field: 'toSchool', zh: ['转入学校', '转往学校', '去向学校'], en: ['to school'] },
    { field: 'toLevel', zh: ['转入层次', '转往层次'], en: ['to level'], list: levels },
    { field: 'requiredScore', zh: ['转入专业录取分数', '录取最低分'], en: ['required score'] },
    { field: 'decisionNumber', zh: ['文号', '批准文号', '决定文号', '处分文号'], en: ['decision number'] },
    {
      field: 'attested',
      zh: ['毕业审核', '毕业资格审核', '学分审核'],
      en: ['credits attested', 'graduation check'],
      list: reviewResults,
    },
    noteField,
  ],
  needed: [['studentNumber', 'idNumber'], ['name'], ['change'], ['on']],
};

/** Codes are those of the events; what a change does not speak of is absent. */
export interface StatusChangeRow extends StudentRow {
  readonly on: string;
  readonly change: StatusChangeKind;
  readonly ground?: string;
  readonly until?: string;
  readonly appliedOn?: string;
  readonly reviewPassed?: boolean;
  readonly program?: { readonly code?: string; readonly name?: string };
  readonly className?: string;
  readonly toSchool?: string;
  readonly toLevel?: Level;
  /** Hundredths of a point. */
  readonly requiredScore?: number;
  readonly decisionNumber?: string;
  readonly creditsAttested?: boolean;
}

/** What each change needs beside the day (one of each), and what else it takes. */
const speaksOf: Readonly<
  Record<StatusChangeKind, { readonly needs?: readonly (readonly Particular[])[]; readonly takes?: readonly Particular[] }>
> = {
  suspended: { needs: [['until']], takes: ['appliedOn'] },
  'status-retained': { needs: [['until']], takes: ['appliedOn'] },
  resumed: { needs: [['review']], takes: ['appliedOn', 'className'] },
  'major-changed': { needs: [['programName', 'programCode']], takes: ['className'] },
  'class-changed': { needs: [['className']] },
  'transferred-out': { needs: [['toSchool']], takes: ['toLevel', 'requiredScore'] },
  withdrawn: {},
  expelled: { needs: [['decisionNumber']] },
  deceased: {},
  graduated: { needs: [['attested']] },
  completed: {},
  incomplete: {},
  'place-retained': { needs: [['until']] },
  'place-declined': {},
  // Refused whatever else they say: the answer names the way.
  'transferred-in': { takes: particulars },
  revoked: { takes: particulars },
  annulled: { takes: particulars },
  'withdrawal-reverted': { takes: particulars },
};

const groundsOf: Readonly<Partial<Record<StatusChangeKind, (cell: string) => Parsed<string>>>> = {
  suspended: (cell) => codeOf(parseCode(cell, suspensionGroundWords)),
  'status-retained': (cell) => codeOf(parseCode(cell, retentionGroundWords)),
  withdrawn: (cell) => codeOf(parseCode(cell, withdrawalGroundWords)),
  'transferred-out': (cell) => {
    const listed = parseCode(cell, transferGroundWords);
    const code = cleanText(cell);
    return listed.ok || !/^[a-z][a-z0-9-]{0,63}$/.test(code) ? codeOf(listed) : { ok: true, value: code };
  },
};
const codeOf = (parsed: Parsed<{ readonly code: string }>): Parsed<string> =>
  parsed.ok ? { ok: true, value: parsed.value.code } : parsed;

const aDay = { month: false };
const aNote = (cell: string) => parseNote(cell);

/** Reads one record of a list of status changes. Refuses with every problem of the row. Whether the change may happen is for the ledger to decide. */
export function mapStatusChangeRow(record: TableRecord<StatusChangeField>): Mapped<StatusChangeRow> {
  if (record.problems.length > 0) return { ok: false, problems: record.problems };
  const cell = new RecordReader(record, statusChangeForm);
  // With a student number her document need not be there; one that is there as well is not compared.
  const whom = cell.has('studentNumber') || !cell.has('idNumber') ? readByNumber(cell) : readById(cell);
  const kind = cell.readNeeded('change', (text) => parseCode(text, statusChangeKinds));
  const on = cell.readNeededDate('on', aDay);
  const note = cell.readAny('note', aNote);
  const change = kind?.code;
  const listed = change && groundsOf[change];
  const ground = listed ? cell.readNeeded('ground', listed) : cell.readAny('ground', (text) => parseNote(text, 200));

  const until = cell.readDate('until', aDay);
  const appliedOn = cell.readDate('appliedOn', aDay);
  const review = cell.read('review', (text) => parseCode(text, reviewResults))?.code;
  const attested = cell.read('attested', (text) => parseCode(text, reviewResults))?.code;
  const code = cell.read('programCode', (text) => parseNumber(text, 32));
  const name = cell.read('programName', (text) => parseText(text, 200));
  const className = cell.read('className', (text) => parseText(text));
  const toSchool = cell.read('toSchool', (text) => parseText(text, 200));
  const toLevel = cell.read('toLevel', (text) => parseCode(text, levels))?.code;
  const requiredScore = cell.read('requiredScore', (text) => parseHundredths(text, 1000));
  const decisionNumber = cell.read('decisionNumber', (text) => parseText(text));
  if (kind) holdAgainst(cell, kind);

  if (cell.problems.length > 0 || !whom || !change || !on) return { ok: false, problems: cell.problems };
  const words = listed ? note : [ground, note].filter(Boolean).join('；');
  const takes = (field: Particular): boolean => spokenOf(change).includes(field);
  const row: StatusChangeRow = {
    row: record.row,
    whom,
    change,
    on,
    ...(listed && ground && { ground }),
    ...(takes('until') && until && { until }),
    ...(takes('appliedOn') && appliedOn && { appliedOn }),
    ...(takes('review') && review && { reviewPassed: review === 'passed' }),
    ...(takes('attested') && attested && { creditsAttested: attested === 'passed' }),
    ...(takes('programName') && (code || name) && { program: { ...(code && { code }), ...(name && { name }) } }),
    ...(takes('className') && className && { className }),
    ...(takes('toSchool') && toSchool && { toSchool }),
    ...(takes('toLevel') && toLevel && { toLevel }),
    ...(takes('requiredScore') && requiredScore !== undefined && { requiredScore }),
    ...(takes('decisionNumber') && decisionNumber && { decisionNumber }),
    ...(words && { note: words }),
  };
  return { ok: true, row, warnings: cell.warnings };
}

const spokenOf = (change: StatusChangeKind): readonly Particular[] => {
  const { needs = [], takes = [] } = speaksOf[change];
  return [...needs.flat(), ...takes];
};

/** What the change needs and the row lacks is a problem; what it does not speak of is told, not dropped in silence. */
function holdAgainst(cell: RecordReader<StatusChangeField>, kind: (typeof statusChangeKinds)[number]): void {
  const facts: Finding['facts'] = { change: { zh: kind.zh, en: kind.en } };
  for (const oneOf of speaksOf[kind.code].needs ?? []) {
    if (!oneOf.some((field) => cell.has(field))) cell.refuse(oneOf[0]!, 'NEEDED_FOR_CHANGE', facts);
  }
  const spoken = spokenOf(kind.code);
  for (const field of particulars) {
    // The documents of a change may have a number whatever it is: it is no part of the record.
    if (cell.has(field) && !spoken.includes(field)) cell.warn(field, 'NOT_OF_THIS_CHANGE', facts);
  }
}
