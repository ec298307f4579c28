import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { heldBytes } from '../../libs/intake/byte-source.ts';
import { readSheets } from '../../libs/intake/read-sheet.ts';
import { all } from '../../libs/intake/sheets.fixture.ts';
import type { OutCell } from '../../libs/intake/write-xlsx.ts';
import type { SheetRow } from '../../libs/intake/sheet-row.ts';
import { builtLedger } from '../support/build.ts';
import { counted, headOf, logOf } from '../support/log.ts';
import { personOf } from '../support/office.ts';
import { eventually, startServer, temporaryFolder, type Server } from '../support/process.ts';
import { toldIn } from '../support/rebuilds.ts';
import { sheet, workbook } from '../support/sheets.ts';
import { needlesOf, tracesInFolder } from '../support/traces.ts';
import { personWith, type Answer, type Person } from './client.ts';

/** A registrar sends her workbook and gets it back with an answer beside every row. One server, killed on the way. */
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: Server;
let registrar: Person;
let stranger: Person;

const env = { LEDGER_INSTITUTIONS: 'college=Asia/Shanghai, academy=Asia/Urumqi' };
const data = (): string => join(folder.path, 'data');
const header = ['学号', '姓名', '身份证号', '专业代码', '入学日期'];
const student = (i: number): string[] => {
  const { name, idNumber } = personOf(i);
  return [`2026${String(i).padStart(6, '0')}`, name, idNumber, '530701', '2026-09-01'];
};

async function send(
  who: Person,
  file: Uint8Array | null,
  fields: Readonly<Record<string, string>> = {},
  name = '王小明的名册.xlsx',
): Promise<Answer> {
  const form = new FormData();
  for (const [field, value] of Object.entries({ kind: 'roster', ...fields })) form.append(field, value);
  if (file) form.append('file', new Blob([new Uint8Array(file)]), name);
  const response = await fetch(`${server.url}/v1/imports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${who.token}`, 'accept-language': 'en', 'idempotency-key': randomUUID() },
    body: form,
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const over = (id: string, state = 'finished'): Promise<Answer['body']> =>
  eventually(async () => {
    const { body } = await registrar.get(`/v1/imports/${id}`);
    return body.upload.state === state ? body : undefined;
  }, `${id} ${state}`);

async function resultOf(
  id: string,
  language: string,
): Promise<{ bytes: Buffer; rows: string[][]; summary: Map<string, string> }> {
  const response = await fetch(`${server.url}/v1/imports/${id}/result`, {
    headers: { authorization: `Bearer ${registrar.token}`, 'accept-language': language },
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const [own, summary] = await readSheets(heldBytes(bytes));
  const cells = async (rows: AsyncIterable<SheetRow>): Promise<string[][]> => (await all(rows)).map((row) => [...row.cells]);
  return {
    bytes,
    rows: await cells(own!.rows()),
    summary: new Map((await cells(summary!.rows())).map(([word = '', said = '']) => [word, said])),
  };
}

beforeAll(async () => {
  await builtLedger();
  folder = await temporaryFolder();
  server = await startServer(data(), env);
  await signedIn();
  const programs = sheet([
    ['专业代码', '专业名称', '层次'],
    ['530701', '电子商务', '专科'],
  ]);
  const { body } = await send(registrar, programs, { kind: 'programs' }, 'programs.csv');
  await over(body.runId);
}, 180_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function signedIn(): Promise<void> {
  registrar = personWith(server.url, await server.token({ role: 'registrar' }));
  stranger = personWith(server.url, await server.token({ role: 'registrar', institution: 'academy' }));
}

it('a workbook is taken, followed to its end and given back; corrected, only the corrected row is new', async () => {
  const wrong = [...student(2)];
  wrong[2] = `${wrong[2]!.slice(0, 17)}${wrong[2]!.endsWith('X') ? '1' : 'X'}`;
  const unlisted = ['2026000003', '王小明', personOf(3).idNumber, '999999', '2026-09-01'];
  const file = await workbook([['2026级新生'], header, student(0), student(1), wrong, unlisted, ['合计', '4人']]);
  const sent = await send(registrar, file);
  expect(sent).toMatchObject({
    status: 202,
    body: { kind: 'roster', ordinal: 1, continued: false, upload: { file: { name: '王小明的名册.xlsx', bytes: file.length } } },
  });
  const id: string = sent.body.runId;
  expect(sent.headers.get('location')).toBe(`/v1/imports/${id}`);

  const events = toldIn((await registrar.get(`/v1/imports/${id}/events`)).body);
  expect(events.at(-1)).toMatchObject({ event: 'outcome', data: { upload: { state: 'finished' } } });
  expect((await registrar.get(`/v1/imports/${id}`)).body).toMatchObject({
    finished: { rows: 4, taken: 2, unchanged: 0, refused: 2 },
    upload: { progress: { rows: 4, read: 4, answered: 4, percent: 100 }, failure: null, result: `/v1/imports/${id}/result` },
  });
  expect((await registrar.get('/v1/imports?limit=1')).body).toMatchObject({ items: [{ runId: id, refused: 2 }], total: 2 });

  const chinese = await resultOf(id, 'zh');
  expect(chinese.rows.slice(0, 2)).toEqual([['2026级新生'], [...header, '导入结果', '原因及可填内容']]);
  expect(chinese.rows[2]).toEqual([...wrong, '被拒', expect.stringContaining('校验码')]);
  expect(chinese.rows[3]).toEqual([...unlisted, '被拒', expect.stringContaining('999999')]);
  expect(chinese.rows.slice(4)).toEqual([
    [...student(0), '已注册'],
    [...student(1), '已注册'],
    ['合计', '4人'],
  ]);
  expect(chinese.summary.get('表尾行（未读取）')).toBe('7');
  expect(chinese.summary.get('文件')).toBe('王小明的名册.xlsx');
  const english = await resultOf(id, 'en');
  expect(english.rows[2]!.slice(-2)).toEqual(['refused', expect.stringContaining('check digit')]);
  expect(english.summary.get('registered')).toBe('2');
  const csv = await registrar.get(`/v1/imports/${id}/result`, { accept: 'text/csv' });
  expect(csv.body.trim().split('\r\n')).toHaveLength(3);

  // She corrects what was refused where it stands, and sends that file.
  const corrected = chinese.rows.map((cells) => [...cells]);
  corrected[2]![2] = personOf(2).idNumber;
  corrected[3]![3] = '530701';
  const before = counted(await logOf(data()));
  const again = await send(registrar, await workbook(corrected));
  expect((await over(again.body.runId)).finished).toEqual({ rows: 4, taken: 2, unchanged: 2, refused: 0 });
  expect((await resultOf(again.body.runId, 'zh')).rows[1]).toEqual([...header, '导入结果', '原因及可填内容']);
  const after = counted(await logOf(data()));
  expect((after['StudentRegistered'] ?? 0) - (before['StudentRegistered'] ?? 0)).toBe(2);
}, 180_000);

it('a dry run tells the same and records nothing', async () => {
  const head = await headOf(data());
  const { body } = await send(registrar, await workbook([header, student(10)]), { dryRun: 'true' });
  expect((await over(body.runId)).finished).toMatchObject({ taken: 1 });
  expect((await resultOf(body.runId, 'en')).summary.get('State')).toMatch(/^Dry run/);
  // Whoever gets a result is on record, and nothing else is.
  const grown = (await logOf(data())).slice(Number(head)).map(({ type }) => type);
  expect(grown.filter((type) => type !== 'RecordRead')).toEqual([]);
}, 180_000);

it('somebody of the same name and birth date under another id is shown to a person', async () => {
  const { name } = personOf(0);
  const { idNumber } = personOf(0);
  const other = [
    '2026000077',
    name,
    'E12345678',
    '530701',
    '2026-09-01',
    '护照',
    `${idNumber.slice(6, 10)}-${idNumber.slice(10, 12)}-${idNumber.slice(12, 14)}`,
  ];
  const { body } = await send(registrar, await workbook([[...header, '身份证件类型', '出生日期'], other]));
  await over(body.runId);
  const { summary } = await resultOf(body.runId, 'en');
  expect([...summary.keys()].find((word) => word.startsWith('Perhaps the same person'))).toMatch(/: 1$/);
  expect(summary.get('2')).toBe(name);
}, 180_000);

it('a list of status changes is carried out as it is sent; corrected, what was done stays done', async () => {
  const [one, two, three] = [student(30_000), student(30_001), student(30_002)] as const;
  await over((await send(registrar, await workbook([header, one, two, three]))).body.runId);
  const title = ['学号', '姓名', '异动类型', '异动日期', '异动原因', '期满日期'];
  const whom = ([number, name]: readonly string[]): string[] => [number!, name!];
  const date = (value: string): OutCell => ({ kind: 'date', value });
  const list = [
    ['2026年10月学籍异动表'],
    title,
    [...whom(one), '休学', date('2026-10-09'), '因病', date('2027-08-31')],
    [...whom(two), '退学', '2026.10.9', '自愿退学'],
    [...whom(two), '休学', '2026-10-10', '因病', '2027-08-31'],
    [three[0]!, '王小明', '退学', '2026-10-10', '本人申请'],
    ['制表人：王老师'],
  ];
  const before = counted(await logOf(data()));
  const { body: sent } = await send(registrar, await workbook(list), { kind: 'status-changes' }, '异动.xlsx');
  expect((await over(sent.runId)).finished).toEqual({ rows: 4, taken: 2, unchanged: 0, refused: 2 });
  const statusOf = async (number: string): Promise<string> =>
    (await registrar.get(`/v1/enrollments?studentNumber=${number}`, { 'ledger-wait-for': String(await headOf(data())) })).body
      .items[0].status.code;
  expect([await statusOf(one[0]!), await statusOf(two[0]!)]).toEqual(['suspended', 'withdrawn']);

  const { rows, summary } = await resultOf(sent.runId, 'zh');
  expect(rows.slice(0, 2)).toEqual([['2026年10月学籍异动表'], [...title, '导入结果', '原因及可填内容']]);
  expect(rows.slice(2).map((cells) => cells.slice(6))).toEqual([
    ['被拒', '须为在籍（已注册），现为“退学”。'],
    ['被拒', expect.stringContaining('姓名')],
    ['已登记异动'],
    ['已登记异动'],
    [],
  ]);
  expect(rows[4]!.slice(2, 6)).toEqual(['休学', '2026-10-09', '因病', '2027-08-31']);
  expect([summary.get('已登记异动'), summary.get('表尾行（未读取）')]).toEqual(['2', '7']);
  const english = (await resultOf(sent.runId, 'en')).rows;
  expect(english[2]!.at(-1)).toBe('The enrollment must be registered; it is withdrawn.');

  const corrected = rows.filter((_, at) => at !== 2);
  corrected[2]![1] = three[1]!;
  const again = await send(registrar, await workbook(corrected), { kind: 'status-changes' }, '异动.xlsx');
  expect((await over(again.body.runId)).finished).toEqual({ rows: 3, taken: 1, unchanged: 2, refused: 0 });
  const after = counted(await logOf(data()));
  const more = (type: string): number => (after[type] ?? 0) - (before[type] ?? 0);
  expect(['StudySuspended', 'StudentWithdrawn', 'ImportStarted', 'ImportFinished'].map(more)).toEqual([1, 2, 2, 2]);
}, 180_000);

describe('what is refused', () => {
  it.each<[string, () => Promise<Uint8Array | null> | Uint8Array | null, Record<string, string>, number, string]>([
    ['a file of another kind', () => workbook([['专业代码', '专业名称', '层次']]), {}, 422, 'HEADER_NOT_FOUND'],
    ['a kind that there is not', () => Buffer.from('x'), { kind: 'people' }, 422, 'VALIDATION_FAILED'],
    ['a sheet that there is not', () => workbook([header]), { sheet: '老生' }, 422, 'SHEET_UNKNOWN'],
    ['a truncated workbook', async () => (await workbook([header])).subarray(0, 200), {}, 422, 'FILE_TRUNCATED'],
    ['an old workbook', () => Buffer.from('d0cf11e0a1b11ae1', 'hex'), {}, 422, 'FILE_IS_LEGACY_XLS'],
    ['a web page', () => Buffer.from('<html><table><tr><td>学号</td></tr></table></html>'), {}, 422, 'FILE_IS_WEB_PAGE'],
    ['nothing', () => new Uint8Array(0), {}, 422, 'FILE_EMPTY'],
    ['no file', () => null, {}, 422, 'FILE_PART_MISSING'],
    ['a field that nobody knows', () => workbook([header]), { colour: 'red' }, 422, 'VALIDATION_FAILED'],
    ['too much', () => new Uint8Array(64 * 1024 * 1024 + 1), {}, 413, 'BODY_TOO_LARGE'],
  ])('%s, by its name, before anything is recorded', async (_what, file, fields, status, code) => {
    const head = await headOf(data());
    const refused = await send(registrar, await file(), fields);
    expect(refused).toMatchObject({ status, body: { code } });
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await headOf(data())).toBe(head);
  });

  it('two files at once, before anything is recorded', async () => {
    const head = await headOf(data());
    const form = new FormData();
    form.append('kind', 'roster');
    for (const name of ['a.xlsx', 'b.xlsx']) form.append('file', new Blob([new Uint8Array(await workbook([header]))]), name);
    const response = await fetch(`${server.url}/v1/imports`, {
      method: 'POST',
      headers: { authorization: `Bearer ${registrar.token}`, 'idempotency-key': randomUUID() },
      body: form,
    });
    expect([response.status, await response.json()]).toMatchObject([
      422,
      { code: 'VALIDATION_FAILED', errors: [{ field: 'file', zh: '只能有一个文件。', en: 'must be one file alone.' }] },
    ]);
    expect(await headOf(data())).toBe(head);
  });

  it('what breaks off farther down fails by its name, and leaves no row', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => student(500 + i).join(','));
    const file = Buffer.from(`${header.join(',')}\n${rows.join('\n')}\n"unclosed`);
    const head = await headOf(data());
    const { body } = await send(registrar, file, {}, 'roster.csv');
    const failed = await over(body.runId, 'failed');
    expect(failed.upload.failure).toMatchObject({ code: 'QUOTE_NOT_CLOSED', detail: expect.stringContaining('row 32') });
    expect(await headOf(data())).toBe(head);
    expect((await registrar.get(`/v1/imports/${body.runId}/result`)).body.code).toBe('IMPORT_HAS_NO_RESULT');
  });

  it('of another institution nobody is told anything', async () => {
    const { runId } = (await registrar.get('/v1/imports')).body.items[0];
    for (const path of ['', '/events', '/result']) expect((await stranger.get(`/v1/imports/${runId}${path}`)).status).toBe(404);
    for (const act of ['pause', 'resume', 'cancel'])
      expect((await stranger.post(`/v1/imports/${runId}/${act}`, {})).status).toBe(404);
    expect((await stranger.get('/v1/imports')).body).toMatchObject({ items: [], total: 0 });
    expect((await registrar.post(`/v1/imports/${runId}/pause`, {})).body.code).toBe('IMPORT_OVER');
    const auditor = personWith(server.url, await server.token({ role: 'auditor' }));
    expect((await auditor.get(`/v1/imports/${runId}`)).status).toBe(200);
    expect((await auditor.post(`/v1/imports/${runId}/cancel`, {})).body.code).toBe('ROLE_NOT_ALLOWED');
  });
});

it('the same file twice at once, paused, resumed and twice killed with the server is one run, sealed throughout', async () => {
  const rows = 2400;
  const planted = '完颜慕白鹤';
  const students = Array.from({ length: rows }, (_, i) => student(10_000 + i));
  students[5]![1] = planted;
  // It stays in the file alone: no such id.
  students[5]![2] = '440305200801010012';
  const file = await workbook([header, ...students]);
  const [one, two] = await Promise.all([
    send(registrar, file, {}, `${planted}.xlsx`),
    send(registrar, file, {}, `${planted}.xlsx`),
  ]);
  expect([one.status, two.status]).toEqual([202, 202]);
  expect(two.body.runId).toBe(one.body.runId);
  expect([one, two].filter(({ body }) => body.continued)).toHaveLength(1);
  const id: string = one.body.runId;
  const needles = needlesOf(planted);
  const inTheClear = (): string[] => tracesInFolder(data(), needles, /^directory\.db/);

  const answered = async (): Promise<number> => (await registrar.get(`/v1/imports/${id}`)).body.upload.progress.answered;
  await eventually(async () => (await answered()) > 0 || undefined, 'the first rows');
  expect((await registrar.post(`/v1/imports/${id}/pause`, {})).body.upload.state).toBe('paused');
  expect((await registrar.get(`/v1/imports/${id}/result`)).body).toMatchObject({ status: 409, code: 'IMPORT_NOT_OVER' });
  expect(inTheClear()).toEqual([]);

  await server.crash();
  server = await startServer(data(), env);
  await signedIn();
  // Whoever paused it finds it so.
  expect((await registrar.get(`/v1/imports/${id}`)).body.upload.state).toBe('paused');
  expect((await registrar.post(`/v1/imports/${id}/resume`, {})).status).toBe(200);
  await eventually(async () => (await answered()) > 0 || undefined, 'rows after the resume');
  await server.crash();
  server = await startServer(data(), env);
  await signedIn();
  const { finished } = await over(id);
  expect(finished).toEqual({ rows, taken: rows - 1, unchanged: 0, refused: 1 });
  const registered = (await logOf(data())).filter(({ type, json }) => type === 'StudentRegistered' && json.includes(`"${id}"`));
  expect(registered).toHaveLength(rows - 1);
  const { rows: told } = await resultOf(id, 'en');
  expect(told).toHaveLength(1 + rows);
  expect(told[1]).toEqual([...students[5]!, 'refused', expect.any(String)]);
  expect(inTheClear()).toEqual([]);
}, 180_000);

it('what was cancelled says how far it came, and the same file goes on', async () => {
  const rows = 300;
  const file = await workbook([header, ...Array.from({ length: rows }, (_, i) => student(20_000 + i))]);
  const { runId } = (await send(registrar, file)).body;
  const { body: stopped } = await registrar.post(`/v1/imports/${runId}/cancel`, {});
  expect(['cancelled', 'finished']).toContain(stopped.upload.state);
  const outcomes = (await resultOf(runId, 'en')).rows.slice(1).map((cells) => cells.at(-1));
  expect(outcomes.filter((outcome) => outcome === 'registered')).toHaveLength(stopped.finished.rows);
  expect(outcomes.filter((outcome) => outcome === 'not reached')).toHaveLength(rows - stopped.finished.rows);
  const again = await send(registrar, file);
  const { finished } = await over(again.body.runId);
  expect([finished.rows, finished.taken + finished.unchanged]).toEqual([rows, rows]);
}, 180_000);
