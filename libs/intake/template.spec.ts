import { expect, it } from '@jest/globals';
import { batchSheets } from './batch-sheets.ts';
import { contractForm } from './contracts.ts';
import { courseForm } from './courses.ts';
import { findTable } from './find-table.ts';
import { mentorForm } from './mentors.ts';
import { organizationForm } from './organizations.ts';
import { programForm } from './programs.ts';
import { resultForm } from './results.ts';
import { rosterForm } from './roster.ts';
import { all } from './sheets.fixture.ts';
import { statusChangeForm } from './status-changes.ts';
import type { SheetForm } from './table.ts';
import { templateOf } from './template.ts';
import { sheetsOf } from './workbooks.fixture.ts';
import { writeXlsx } from './write-xlsx.ts';

const title = { zh: '名册', en: 'Sheet' };

it.each<[string, SheetForm]>([
  ['roster', rosterForm],
  ['programs', programForm],
  ['courses', courseForm],
  ['organizations', organizationForm],
  ['mentors', mentorForm],
  ['contracts', contractForm],
  ['results', resultForm],
  ...Object.entries(batchSheets).map(([kind, { form }]): [string, SheetForm] => [kind, form]),
])('the template of %s is read back with every column, and is empty', async (_, form) => {
  const workbook = writeXlsx(templateOf(title, form), { title: '', creator: '', created: '2026-11-22T00:00:00Z' });
  const sheets = await sheetsOf(Buffer.concat(await all(workbook as AsyncIterable<Buffer>)));
  const table = await findTable(sheets, form);
  expect(table.sheet.name).toBe('名册 Sheet');
  expect(Object.keys(table.headers)).toEqual(form.fields.filter(({ unrecorded }) => !unrecorded).map(({ field }) => field));
  expect(table.unknownColumns).toEqual([]);
  expect(await all(table.records)).toEqual([]);

  const [, notes, lists] = await Promise.all(sheets.map((sheet) => all(sheet.rows())));
  expect(notes?.length).toBe(Object.keys(table.headers).length + 1);
  const wordsUnder = (header: string): string[] => {
    const at = lists?.[0]?.cells.indexOf(header) ?? -1;
    return (lists ?? []).slice(1).flatMap(({ cells }) => cells[at] || []);
  };
  const listed = form.fields.flatMap(({ list, zh: [header] }) => (list ? [{ header, words: list.map(({ zh }) => zh) }] : []));
  expect(listed.map(({ header }) => ({ header, words: wordsUnder(header) }))).toEqual(listed);
});

it('of a list of status changes, a template offers the changes that a list can say, their grounds, and days', () => {
  const of = (name: string) => statusChangeForm.fields.find(({ field }) => field === name)!;
  expect(of('change').list?.map(({ zh }) => zh)).toEqual(
    '休学 保留学籍 复学 转专业 调班 转学（转出） 退学 开除学籍 死亡 毕业 结业 肄业 保留入学资格 放弃入学资格'.split(' '),
  );
  expect(of('ground').list?.map(({ zh }) => zh)).toEqual(expect.arrayContaining(['因病', '应征入伍', '本人申请', '其他']));
  expect(['on', 'until', 'appliedOn'].map((field) => of(field).dates)).toEqual(['day', 'day', 'day']);
});

it.each(Object.entries(batchSheets))('the template of %s says where a day belongs', (_, { form }) => {
  const days = form.fields.filter(({ zh: [header] }) => header.endsWith('日期'));
  expect(days.length).toBeGreaterThan(0);
  expect(days.filter(({ dates }) => dates !== 'day')).toEqual([]);
});
