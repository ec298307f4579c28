import type { Bilingual } from '../kernel/bilingual.ts';
import type { CodeList } from '../kernel/codes.ts';
import type { Field, SheetForm } from './table.ts';
import { listOf, type OutColumn, type OutRow, type OutSheet } from './write-xlsx.ts';

const listSheet = '代码表 Code lists';

/** An empty workbook of a form, in both languages: the sheet to fill in with drop-downs, notes on its columns, and the code lists. */
export const templateOf = (title: Bilingual, form: SheetForm): readonly OutSheet[] => {
  const fields = form.fields.filter(({ unrecorded }) => !unrecorded);
  const needed = new Set(form.needed.flatMap((oneOf) => (oneOf.length === 1 ? oneOf : [])));
  const lists = fields.flatMap((field) => (field.list ? [{ field, list: field.list }] : []));
  const columns = fields.map((field): OutColumn => {
    const at = lists.findIndex((known) => known.field === field);
    return {
      width: Math.max(12, headerOf(field, needed).length * 1.4),
      hint: { title: field.zh[0], text: `${whatToWrite(field).zh}\n${whatToWrite(field).en}` },
      ...(at >= 0 && { choices: listOf(listSheet, at * 2 + 1, 2, lists[at]!.list.length + 1) }),
    };
  });
  return [
    {
      name: `${title.zh} ${title.en}`,
      columns,
      frozenRows: 1,
      rows: [{ mark: 'header', cells: fields.map((field) => headerOf(field, needed)) }],
    },
    notesOn(fields, form, needed),
    { name: listSheet, columns: lists.flatMap(() => [{ width: 22 }, { width: 28 }]), frozenRows: 1, rows: listRows(lists) },
  ];
};

/** Read back as the field: notes in brackets and an asterisk do not matter. */
const headerOf = ({ field, zh, en }: Field, needed: ReadonlySet<string>): string =>
  `${zh[0]}${needed.has(field) ? '*' : ''} (${en[0]})`;

const notesOn = (fields: readonly Field[], { needed: all }: SheetForm, needed: ReadonlySet<string>): OutSheet => {
  const alternatives = all.filter((oneOf) => oneOf.length > 1);
  const whether = (field: string): string => {
    if (needed.has(field)) return '必填 needed';
    const oneOf = alternatives.find((names) => names.includes(field));
    if (!oneOf) return '';
    const names = oneOf.map((name) => fields.find((known) => known.field === name)?.zh[0] ?? name).join(' / ');
    return `至少填一项 one of: ${names}`;
  };
  const rows: OutRow[] = [
    { mark: 'header', cells: ['栏目', 'Column', '字段代码 Code', '必填 Needed', '填写内容', 'What to write'] },
    ...fields.map((field) => {
      const { zh, en } = whatToWrite(field);
      return { cells: [field.zh.join('、'), field.en.join(', '), field.code ?? '', whether(field.field), zh, en] };
    }),
  ];
  const [wide, narrow]: [OutColumn, OutColumn] = [
    { width: 46, wrap: true },
    { width: 24, wrap: true },
  ];
  return { name: '填表说明 Notes', columns: [narrow, narrow, { width: 14 }, narrow, wide, wide], frozenRows: 1, rows };
};

const whatToWrite = ({ list, dates }: Field): Bilingual => {
  if (list) return { zh: '从代码表中选择。', en: 'Choose from the code list.' };
  if (dates === 'day') return { zh: '日期，如 2026-09-01。', en: 'A day such as 2026-09-01.' };
  if (dates === 'month')
    return { zh: '日期或年月，如 2026-09-01、2026-09。', en: 'A day or a month, such as 2026-09-01 or 2026-09.' };
  return { zh: '文本；编号不会丢失前面的零。', en: 'Text; numbers keep their leading zeros.' };
};

/** Each list in two columns: the words that cells may say, and what they mean in English. */
function* listRows(lists: readonly { readonly field: Field; readonly list: CodeList }[]): Generator<OutRow, void, undefined> {
  yield { mark: 'header', cells: lists.flatMap(({ field }) => [field.zh[0], field.en[0]]) };
  const length = Math.max(0, ...lists.map(({ list }) => list.length));
  for (let at = 0; at < length; at++) yield { cells: lists.flatMap(({ list }) => [list[at]?.zh ?? '', list[at]?.en ?? '']) };
}
