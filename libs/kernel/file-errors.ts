import type { Bilingual } from './bilingual.ts';

/** Why a whole file was not read: nothing of it was taken. `{facts}` are filled in. */
export const fileErrorTexts = {
  FILE_EMPTY: { zh: '文件是空的。', en: 'The file is empty.' },
  FILE_NOT_TEXT: {
    zh: '这不是文本文件：第 {row} 行含有二进制内容。请在表格软件中另存为 CSV（UTF-8）。',
    en: 'This is not a text file: there is binary content in row {row}. Save it as CSV (UTF-8) from the spreadsheet program.',
  },
  FILE_TOO_LARGE: {
    zh: '文件超过 {max} 字节，无法读取；请分成几个文件。',
    en: 'The file has more than {max} bytes and is not read; cut it into several.',
  },
  FILE_IS_WORKBOOK: {
    zh: '这是压缩的工作簿（.xlsx），不是文本。',
    en: 'This is a zipped workbook (.xlsx), not text.',
  },
  FILE_IS_LEGACY_XLS: {
    zh: '这是旧版工作簿（.xls），无法读取；请在表格软件中打开并另存为 .xlsx。',
    en: 'This is a legacy workbook (.xls), which cannot be read; open it in a spreadsheet program and save it as .xlsx.',
  },
  FILE_IS_ENCRYPTED: {
    zh: '工作簿已加密，无法读取；请在表格软件中去掉打开密码后重新保存。',
    en: 'The workbook is encrypted and cannot be read; take its password off in a spreadsheet program and save it again.',
  },
  FILE_IS_BINARY_WORKBOOK: {
    zh: '这是二进制工作簿（.xlsb），无法读取；请在表格软件中打开并另存为 .xlsx。',
    en: 'This is a binary workbook (.xlsb), which cannot be read; open it in a spreadsheet program and save it as .xlsx.',
  },
  FILE_IS_OPEN_DOCUMENT: {
    zh: '这是 OpenDocument 文件（如 .ods），无法读取；请在表格软件中打开并另存为 .xlsx。',
    en: 'This is an OpenDocument file (such as .ods), which cannot be read; open it in a spreadsheet program and save it as .xlsx.',
  },
  FILE_IS_ARCHIVE: {
    zh: '这是压缩文件，但不是工作簿；请解压后导入其中的表格。',
    en: 'This is a zip, but no workbook; unpack it and import the sheet within.',
  },
  FILE_TRUNCATED: {
    zh: '文件不完整（没有结尾），可能没有下载完；请重新下载或重新保存。',
    en: 'The file is cut short: its end is missing, as after a broken download; fetch or save it again.',
  },
  FILE_DAMAGED: {
    zh: '工作簿已损坏（{part}）；请在表格软件中打开、修复并另存为 .xlsx。',
    en: 'The workbook is damaged ({part}); open it in a spreadsheet program, have it repaired and save it as .xlsx.',
  },
  WORKBOOK_TOO_LARGE: {
    zh: '工作簿解压后过大（{part}，上限 {max}），没有读取；请删除多余的工作表和空行，或另存为 CSV。',
    en: 'The workbook unpacks to more than can be read ({part}, at most {max}); delete sheets and blank rows that nobody needs, or save as CSV.',
  },
  WORKBOOK_UNSAFE: {
    zh: '工作簿含有正常表格不会有的内容（{part}：文档类型声明或过深的嵌套），没有读取。',
    en: 'The workbook holds what no spreadsheet writes ({part}: a document type or nesting without end) and is not read.',
  },
  SHEET_UNKNOWN: {
    zh: '没有工作表“{sheet}”；有：{sheets}。',
    en: 'There is no sheet “{sheet}”; there are: {sheets}.',
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
  HEADER_ON_NO_SHEET: {
    zh: '没有找到表头（工作表：{sheets}）：最接近的是“{sheet}”第 {row} 行，缺少 {missing}。',
    en: 'No sheet ({sheets}) has a header row: the nearest is row {row} of “{sheet}”, where {missing} is missing.',
  },
  HEADER_AMBIGUOUS: {
    zh: '第 {row} 行有几列表头意思相同：{columns}。请只保留一列。',
    en: 'Several columns of row {row} have headers that mean the same: {columns}. Keep one of them.',
  },
} as const satisfies Record<string, Bilingual>;

export type FileErrorCode = keyof typeof fileErrorTexts;
