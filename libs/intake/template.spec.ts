import { expect, it } from '@jest/globals';
import { contractForm } from './contracts.ts';
import { courseForm } from './courses.ts';
import { findTable } from './find-table.ts';
import { mentorForm } from './mentors.ts';
import { organizationForm } from './organizations.ts';
import { programForm } from './programs.ts';
import { resultForm } from './results.ts';
import { rosterForm } from './roster.ts';
import { all } from './sheets.fixture.ts';
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
