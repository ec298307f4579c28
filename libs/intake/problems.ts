import { fill, type Bilingual, type Language } from '../kernel/bilingual.ts';

/** What can be wrong with, or worth a warning about, a row; the sheet's columns are named as the sender wrote them. */
export const problemTexts = {
  COLUMNS_SHIFTED: {
    zh: '本行有内容超出表头（表头 {columns} 列，第 {at} 列有内容），各列可能错位。',
    en: 'The row has content beyond the header ({columns} columns; there is something in column {at}): its cells may be shifted.',
  },
  CELL_ERROR: {
    zh: '“{column}”是表格软件的错误值 {value}，请改正公式或填写内容。',
    en: '“{column}” holds the error {value}; mend the formula or fill in the value.',
  },
  FORMULA_WITHOUT_VALUE: {
    zh: '“{column}”是公式，但文件中没有计算结果；请在表格软件中打开并保存，或直接填写内容。',
    en: '“{column}” is a formula without a result in the file; open and save it in a spreadsheet program, or fill in the value.',
  },
  CELL_MERGED: {
    zh: '“{column}”与第 {from} 行合并，内容只写了一次；请取消合并并逐行填写，或使用 --fill-down。',
    en: '“{column}” is merged with row {from} and written there alone; unmerge it and fill every row, or use --fill-down.',
  },
  VALUE_BECAME_DATE: {
    zh: '“{column}”被表格软件当作日期（{value}）保存；请把该列设为文本后重新录入。',
    en: 'A spreadsheet turned “{column}” into a date ({value}); make the column text and enter it again.',
  },
  VALUE_MISSING: { zh: '“{column}”不能为空。', en: '“{column}” is needed.' },
  PROGRAM_MISSING: { zh: '专业代码和专业名称至少填一项。', en: 'One of program code and program name is needed.' },
  TEXT_TOO_LONG: {
    zh: '“{column}”有 {length} 个字符，最多 {max} 个。',
    en: '“{column}” has {length} characters; at most {max} are possible.',
  },
  CONTROL_CHARACTER: { zh: '“{column}”含有控制字符 {characters}。', en: '“{column}” holds control characters: {characters}.' },
  CHARACTER_LOST: {
    zh: '“{column}”中有字符在编码转换时丢失（显示为 �），请按原件补正。',
    en: 'Characters of “{column}” were lost in a conversion (they show as �); restore them from the original.',
  },
  PRIVATE_USE_CHARACTER: {
    zh: '“{column}”含有自造字 {characters}，已原样保留，请核对。',
    en: '“{column}” holds private-use characters {characters}; they were kept as they are: please check.',
  },
  NAME_INVALID: { zh: '“{column}”不是姓名。', en: '“{column}” is not a name.' },
  NUMBER_CHARACTERS: {
    zh: '“{column}”只能由字母、数字和 - _ . / ( ) 组成。',
    en: '“{column}” may hold letters, digits and - _ . / ( ) only.',
  },
  ID_DIGITS_LOST: {
    zh: '“{column}”被表格软件当作数字保存，已丢失位数；请把该列设为文本后重新录入。',
    en: 'A spreadsheet stored “{column}” as a number and digits were lost; make the column text and enter it again.',
  },
  DIGITS_MAY_BE_LOST: {
    zh: '“{column}”超过 15 位且末尾全是 0，可能被表格软件改过，请核对。',
    en: '“{column}” has more than 15 digits and ends in zeros: a spreadsheet may have changed it; please check.',
  },
  ID_LENGTH: { zh: '“{column}”长度不对（{length} 位）。', en: '“{column}” has a wrong length ({length}).' },
  ID_CHARACTERS: { zh: '“{column}”含有不该有的字符。', en: '“{column}” holds characters that do not belong there.' },
  ID_CHECK_DIGIT: {
    zh: '“{column}”的校验码不对，请核对每一位。',
    en: 'The check digit of “{column}” is wrong; compare every digit.',
  },
  ID_BIRTH_DATE: { zh: '“{column}”中的出生日期不存在。', en: 'The birth date within “{column}” does not exist.' },
  SEX_DISAGREES_WITH_ID: {
    zh: '性别填“{stated}”，证件号码表示“{fromId}”。',
    en: 'The sex is stated as {stated}; the id number says {fromId}.',
  },
  BIRTH_DATE_DISAGREES_WITH_ID: {
    zh: '出生日期 {stated} 与证件号码中的 {fromId} 不一致。',
    en: 'The birth date {stated} disagrees with {fromId} in the id number.',
  },
  DATE_INVALID: { zh: '“{column}”的日期 {value} 不存在。', en: 'The date {value} in “{column}” does not exist.' },
  DATE_FORM_UNKNOWN: {
    zh: '“{column}”的“{value}”不是能识别的日期，请写成 {accepted}。',
    en: '“{value}” in “{column}” is not a date that can be read; write it like {accepted}.',
  },
  DATE_NEEDS_DAY: {
    zh: '“{column}”的 {value} 只有年月，须写到日。',
    en: '{value} in “{column}” says only the month; the day is needed.',
  },
  DATE_NEEDS_MONTH: {
    zh: '“{column}”的 {value} 只有年份，至少须写到月。',
    en: '{value} in “{column}” says only the year; the month is needed.',
  },
  DATE_MONTH_UNSURE: {
    zh: '“{column}”的 {value} 读作 1 月；如果是 10 月，末尾的 0 已被表格软件去掉，请写成 {value}0 或完整日期。',
    en: '{value} in “{column}” was read as January; if it was October, a spreadsheet dropped the zero: write the whole date.',
  },
  VALUE_NOT_IN_LIST: {
    zh: '“{column}”的“{value}”不在代码表中；可填：{accepted}。',
    en: '“{value}” in “{column}” is not in the code list; accepted: {accepted}.',
  },
  GRADUATION_NOT_AFTER_ENTRY: {
    zh: '预计毕业日期 {expectedGraduation} 不晚于入学日期 {entryDate}。',
    en: 'The expected graduation {expectedGraduation} is not after the entry date {entryDate}.',
  },
  STATUS_DATE_MISSING: { zh: '学籍状态“{status}”须有异动日期。', en: 'The status “{status}” needs a status date.' },
  STATUS_DATE_BEFORE_ENTRY: {
    zh: '异动日期 {statusDate} 早于入学日期 {entryDate}。',
    en: 'The status date {statusDate} is before the entry date {entryDate}.',
  },
  DECIMAL_FORM: {
    zh: '“{column}”的“{value}”不是数，或小数超过两位。',
    en: '“{value}” in “{column}” is no number with at most two decimals.',
  },
  NUMBER_OUT_OF_RANGE: {
    zh: '“{column}”的 {value} 须在 {min} 至 {max} 之间。',
    en: '{value} in “{column}” must lie between {min} and {max}.',
  },
  WHOLE_NUMBER_NEEDED: { zh: '“{column}”的“{value}”须为整数。', en: '“{value}” in “{column}” must be a whole number.' },
  ACADEMIC_YEAR_FORM: {
    zh: '“{column}”的“{value}”不是学年，请写成 2025-2026。',
    en: '“{value}” in “{column}” is no academic year; write it like 2025-2026.',
  },
  CREDIT_CODE_WRONG: {
    zh: '“{column}”的“{value}”不是统一社会信用代码（18 位，末位为校验码），请逐位核对。',
    en: '“{value}” in “{column}” is no unified social credit code (18 characters, the last a check character): compare each.',
  },
  ORGANIZATION_MISSING: { zh: '企业导师须填“{column}”。', en: 'A mentor of an enterprise needs “{column}”.' },
  UNIT_NOT_RECORDED: {
    zh: '校内人员的“{column}”（{unit}）不记录。',
    en: '“{column}” ({unit}) of the college’s own staff is not recorded.',
  },
  CERTIFICATE_WITHOUT_QUALIFICATION: {
    zh: '“{column}”填“否”，却有证书“{certificate}”。',
    en: '“{column}” says no, but there is a certificate: {certificate}.',
  },
  ENDS_BEFORE_START: { zh: '“{column}”{to} 早于开始日期 {from}。', en: '“{column}” {to} is before the start date {from}.' },
  SIGNED_AFTER_START: {
    zh: '“{column}”{signedOn} 晚于开始日期 {from}，请核对。',
    en: '“{column}” {signedOn} is after the start date {from}: please check.',
  },
  GUARDIAN_MISSING: {
    zh: '有监护人签字日期，但没有“{column}”。',
    en: 'There is a date on which a guardian signed but no “{column}”.',
  },
  CONTRACT_END_MISSING: { zh: '已解除的协议须有“{column}”。', en: 'A terminated contract needs “{column}”.' },
  CONTRACT_NOT_ENDED: {
    zh: '“{column}”为“{status}”，却有解除日期或解除原因。',
    en: '“{column}” says {status}, but there is a date or a reason of termination.',
  },
  GROUND_READ_AS_OTHER: {
    zh: '“{column}”的“{value}”不在代码表中，记为“其他”；原文可能涉及个人，不记录。',
    en: '“{value}” in “{column}” is not in the code list and was read as “other”; the words may tell of a person and are not recorded.',
  },
  RESULT_UNKNOWN: {
    zh: '“{column}”的“{value}”不是成绩：可填 0 至 100 的数，或 {accepted}。',
    en: '“{value}” in “{column}” is no result: a number from 0 to 100, or one of {accepted}.',
  },
  REMARK_NOT_RECORDED: { zh: '“{column}”的“{remark}”未记录。', en: '“{remark}” in “{column}” is not recorded.' },
  COMPONENT_NOT_POINTS: {
    zh: '“{column}”的“{value}”不是分数，未记录。',
    en: '“{value}” in “{column}” is not in points and is not recorded.',
  },
  NEEDED_FOR_CHANGE: { zh: '“{change}”须填“{column}”。', en: '“{column}” is needed for a {change}.' },
  NOT_OF_THIS_CHANGE: { zh: '“{change}”不记录“{column}”。', en: '“{column}” is not recorded of a {change}.' },
  COLUMN_TWICE: { zh: '“{column}”出现两次：{columns}。', en: '“{column}” is there twice: {columns}.' },
  STATUS_MISSING: { zh: '有异动日期 {statusDate}，但没有学籍状态。', en: 'There is a status date {statusDate} but no status.' },
} as const satisfies Record<string, Bilingual>;

export type ProblemCode = keyof typeof problemTexts;

/** What a value says about itself, before it is known in which column it stands. */
export interface Finding {
  readonly code: ProblemCode;
  /** Shown to the sender beside the own row; they may quote the cell, so they belong into no log. Never an id number or a name. */
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface Problem extends Finding {
  /** The header as the sender wrote it; where the sheet lacks the column, its usual header. Empty for the row as a whole. */
  readonly column: string;
  /** Empty for the row as a whole. */
  readonly field: string;
}

/** The sentence for a problem, with its facts filled in; of a fact in both languages the one asked for. */
export const problemText = ({ code, column, facts }: Problem, language: Language): string => {
  const words: Record<string, unknown> = { ...facts, column };
  for (const [name, value] of Object.entries(facts)) if (isBilingual(value)) words[name] = value[language];
  return fill(problemTexts[code][language], words);
};

const isBilingual = (value: unknown): value is Bilingual =>
  typeof value === 'object' && value !== null && 'zh' in value && 'en' in value;
