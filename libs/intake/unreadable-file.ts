import { fill, type Bilingual, type Language } from '../kernel/bilingual.ts';

/** Why a whole file was not read: nothing of it was taken. `{facts}` are filled in. */
export const fileErrorTexts = {
  FILE_EMPTY: { zh: '文件是空的。', en: 'The file is empty.' },
  FILE_NOT_TEXT: {
    zh: '这不是文本文件：第 {row} 行含有二进制内容。请在表格软件中另存为 CSV（UTF-8）。',
    en: 'This is not a text file: there is binary content in row {row}. Save it as CSV (UTF-8) from the spreadsheet program.',
  },
  FILE_IS_WORKBOOK: {
    zh: '这是 Excel 工作簿（.xlsx），以后的版本才能直接读取；请先另存为 CSV（UTF-8）。',
    en: 'This is an Excel workbook (.xlsx), which a later version will read; save it as CSV (UTF-8) for now.',
  },
  FILE_IS_LEGACY_XLS: {
    zh: '这是旧版 .xls 或加密的工作簿，无法读取；请去掉密码并另存为 CSV（UTF-8）。',
    en: 'This is a legacy .xls or an encrypted workbook, which cannot be read; take off the password and save it as CSV (UTF-8).',
  },
  FILE_IS_WEB_PAGE: {
    zh: '这是网页（有的系统把网页存成 .xls），不是表格；请在表格软件中打开并另存为 CSV（UTF-8）。',
    en: 'This is a web page (some systems name one .xls), not a sheet; open it in a spreadsheet program and save it as CSV (UTF-8).',
  },
  FILE_ENCODING_BROKEN: {
    zh: '第 {row} 行有不属于 {encoding} 编码的字节；请用一种编码重新保存整个文件。',
    en: 'Row {row} holds bytes that are not {encoding}; save the whole file again in one encoding.',
  },
  QUOTE_NOT_CLOSED: {
    zh: '第 {row} 行的一个引号没有正确结束。',
    en: 'A quote that opens in row {row} is not closed as it should be.',
  },
  ROW_TOO_LONG: {
    zh: '第 {row} 行超过限制（{limit} 最多 {max}）。',
    en: 'Row {row} is over a limit ({limit}: at most {max}).',
  },
  HEADER_NOT_FOUND: {
    zh: '前 {searched} 行中没有找到表头：最接近的是第 {row} 行，缺少 {missing}。',
    en: 'No header row within the first {searched} rows: the nearest is row {row}, where {missing} is missing.',
  },
  HEADER_AMBIGUOUS: {
    zh: '第 {row} 行有几列表头意思相同：{columns}。请只保留一列。',
    en: 'Several columns of row {row} have headers that mean the same: {columns}. Keep one of them.',
  },
} as const satisfies Record<string, Bilingual>;

export type FileErrorCode = keyof typeof fileErrorTexts;

/** A file that cannot be taken as it is. `facts` hold rows, limits and headers, never what a person's cell says. */
export class UnreadableFile extends Error {
  readonly code: FileErrorCode;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: FileErrorCode, facts: Readonly<Record<string, unknown>> = {}) {
    super(fill(fileErrorTexts[code].en, facts));
    this.name = 'UnreadableFile';
    this.code = code;
    this.facts = facts;
  }
}

export const fileErrorText = (error: UnreadableFile, language: Language): string =>
  fill(fileErrorTexts[error.code][language], error.facts);
