import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Module, Post, Req } from '@nestjs/common';
import { openDesk, type Desk } from '../../test/support/desk.ts';
import { EnrollmentModule } from '../contexts/enrollment/enrollment.module.ts';
import { refusals } from '../kernel/refusals.ts';
import { StoreFault } from '../ports/store-fault.ts';
import { takesLong } from './arrival.ts';
import { Told } from './command.ts';
import type { EdgeRequest } from './parts.ts';
import { edgeProblems, languageOf, problemDocument, problemStatus, problemText, type ProblemCode } from './problem.ts';

let desk: Desk;
beforeAll(async () => void (desk = await openDesk([EnrollmentModule], { options: { bodyLimit: 2000 } })));
afterAll(() => desk.server.app.close());

const identity = { name: '李小雨', idType: 'other', idNumber: 'SECRET1' };

describe('problems', () => {
  it('have a status, a title and a sentence in both languages, every one', () => {
    for (const code of [...Object.keys(refusals), ...Object.keys(edgeProblems)] as ProblemCode[]) {
      expect([code, problemStatus(code) >= 400]).toEqual([code, true]);
      for (const language of ['zh', 'en'] as const) {
        const said = problemDocument({ refused: code as never, facts: {} }, { language, instance: '/', correlationId: 'c' });
        expect([code, said.title === code, said.detail.length > 3]).toEqual([code, false, true]);
      }
      expect(problemText(code).zh).toMatch(/\p{Script=Han}/u);
    }
  });

  it('are Chinese unless English is preferred', () => {
    const asked = (header?: string): string => languageOf(header);
    expect([
      asked(),
      asked(''),
      asked('fr'),
      asked('*'),
      asked('zh-TW'),
      asked('en;q=0.5,zh;q=0.4'),
      asked('en-US,en;q=0.9'),
    ]).toEqual(['zh', 'zh', 'zh', 'zh', 'zh', 'en', 'en']);
    expect(asked('zh;q=0.1, en;q=0.2')).toBe('en');
    expect(asked('en;q=x')).toBe('zh');
  });
});

describe('what comes in', () => {
  const post = (body: string, headers: Record<string, string> = {}) => desk.post('/v1/learners', body, headers);

  it('must be JSON, of its size, and an object', async () => {
    expect(await post('{"identity":')).toMatchObject({ status: 400, body: { code: 'MALFORMED_JSON' } });
    expect(await post('')).toMatchObject({ status: 400, body: { code: 'MALFORMED_JSON' } });
    expect(await post('[]')).toMatchObject({
      status: 422,
      body: { code: 'VALIDATION_FAILED', errors: [{ field: '', code: 'OBJECT' }] },
    });
    expect(await post('"text"')).toMatchObject({ status: 422 });
    expect(await post('null')).toMatchObject({ status: 422 });
    expect(await post(JSON.stringify({ identity: { ...identity, note: 'x'.repeat(3000) } }))).toMatchObject({
      status: 413,
      body: { code: 'BODY_TOO_LARGE' },
    });
    expect(await post('a=1', { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject({
      status: 415,
      body: { code: 'MEDIA_TYPE_UNSUPPORTED' },
    });
    expect((await post('{"__proto__":{"admin":true}}')).status).toBe(400);
    expect((await post('{"constructor":{"prototype":{}}}')).status).toBe(400);
  });

  it('must be asked of a route that there is', async () => {
    expect(await desk.get('/v1/nowhere')).toMatchObject({ status: 404, body: { code: 'ROUTE_UNKNOWN' } });
    expect(await desk.get('/v1/learners')).toMatchObject({ status: 404, body: { code: 'ROUTE_UNKNOWN' } });
    expect((await desk.get('/v1/%zz')).status).toBe(400);
  });

  it('needs a sensible If-Match', async () => {
    const { learnerId } = (await desk.post('/v1/learners', { identity })).body;
    const change = (match: string) =>
      desk.post(`/v1/learners/${learnerId}/change-contact`, { contact: { phone: '13800000000' } }, { 'if-match': match });
    for (const match of ['0', '*', '"x"', '"0", "1"', 'W/"0"'])
      expect(await change(match)).toMatchObject({ status: 400, body: { code: 'IF_MATCH_INVALID' } });
    expect(await change('"7"')).toMatchObject({
      status: 412,
      body: { code: 'REVISION_CHANGED', facts: { expected: '7', actual: '0' } },
    });
    expect(await change('"0"')).toMatchObject({ status: 200, headers: { etag: '"1"' } });
  });
});

describe('what fails', () => {
  it('tells a number and nothing else; the log tells where', async () => {
    const own = await openDesk([EnrollmentModule]);
    own.parts.store.readStream = () => Promise.reject(new TypeError('李小雨 SECRET2'));
    const answer = await own.post('/v1/learners', { identity });
    expect(answer).toMatchObject({ status: 500, body: { code: 'INTERNAL', facts: {} } });
    const correlationId = String(answer.headers['x-correlation-id']);
    expect(answer.body.detail).toContain(correlationId);
    expect(JSON.stringify(answer.body)).not.toMatch(/TypeError|SECRET|李|\.ts/);
    const lines = own.log.filter((line) => line.includes(correlationId));
    expect(lines.join('')).toContain('TypeError');
    expect(lines.join('')).not.toMatch(/SECRET|李/);
    await own.server.app.close();
  });

  it('says a full disk and a closing server as what they are', async () => {
    const own = await openDesk([EnrollmentModule]);
    own.parts.store.append = () => Promise.reject(new StoreFault('STORE_FULL', 'full'));
    expect(await own.post('/v1/learners', { identity })).toMatchObject({ status: 507, body: { code: 'STORAGE_FULL' } });
    own.parts.store.append = () => Promise.reject(new StoreFault('STORE_CLOSED', 'closed'));
    const closing = await own.post('/v1/learners', { identity });
    expect(closing).toMatchObject({ status: 503, body: { code: 'SHUTTING_DOWN' }, headers: { 'retry-after': '1' } });
    await own.server.app.close();
  });
});

describe('what is kept of a request', () => {
  it('is a line without bodies, queries, ids or names', async () => {
    const { learnerId } = (await desk.post('/v1/learners', { identity: { ...identity, idNumber: 'SECRET9' } })).body;
    await desk.post(`/v1/learners/${learnerId}/change-contact?who=SECRET9`, { contact: { phone: '13800000000' } });
    const line = JSON.parse(desk.log.at(-1)!);
    expect(line).toMatchObject({
      level: 30,
      operation: 'changeContact',
      method: 'POST',
      route: '/v1/learners/:id/change-contact',
      status: 200,
      role: 'registrar',
      institution: 'college',
    });
    expect(desk.log.join('')).not.toMatch(/SECRET|李小雨|13800000000|registrar-1/);
    expect(desk.log.join('')).not.toContain(learnerId);
  });

  it('is counted by operation, and commands by their outcome', async () => {
    const text = (await desk.get('/metrics')).body as string;
    expect(text).toMatch(/ledger_http_request_duration_seconds_count\{operation="identifyLearner",status="201"\} \d+/);
    expect(text).toMatch(/ledger_commands_total\{command="ChangeContact",outcome="done"\} \d+/);
    expect(text).toMatch(/ledger_commands_total\{command="ChangeContact",outcome="REVISION_CHANGED"\} 1/);
    expect(text).toMatch(/ledger_log_position \d+/);
    expect(text).not.toMatch(/SECRET|李/);
  });

  it('shows metrics to administrators alone where others can reach the server', async () => {
    const own = await openDesk([], { parts: { loopback: false } });
    expect((await own.get('/metrics')).status).toBe(403);
    expect((await (await own.as({ role: 'administrator' })).get('/metrics')).status).toBe(200);
    expect(await own.get('/metrics', { authorization: '' })).toMatchObject({ status: 401 });
    await own.server.app.close();
  });
});

describe('what comes slowly', () => {
  @Controller('v1/imports')
  class Uploads {
    @Post()
    async startImport(@Req() request: EdgeRequest): Promise<Told> {
      takesLong(request, 3000);
      let bytes = 0;
      for await (const part of request.parts()) bytes += part.type === 'file' ? (await part.toBuffer()).length : 0;
      return new Told({ bytes });
    }
  }
  @Module({ controllers: [Uploads] })
  class Slow {}

  const file = ['--x', 'content-disposition: form-data; name="file"; filename="f"', '', 'a'.repeat(20), '--x--', ''].join('\r\n');
  const form = 'multipart/form-data; boundary=x';
  let own: Desk;
  let port: number;
  beforeAll(async () => {
    own = await openDesk([EnrollmentModule, Slow], { options: { arrival: { requestMs: 300, headersMs: 300, lookedAtMs: 100 } } });
    await own.server.app.listen(0, '127.0.0.1');
    port = Number(new URL(await own.server.app.getUrl()).port);
  });
  afterAll(() => own.server.app.close());

  /** A body piece by piece over so many milliseconds, where it is let another request behind it; what is answered. */
  async function speak(path: string, type: string, body: string, ms: number, token: string): Promise<string[]> {
    const answers: string[] = [];
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('utf8').on('data', (said: string) => answers.push(said));
    const gone = once(socket, 'close').catch(() => undefined);
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\nidempotency-key: k\r\n` +
        `content-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`,
    );
    const pieces = 20;
    const step = Math.ceil(body.length / pieces);
    for (let at = 0; at < body.length && !socket.destroyed; at += step) {
      await sleep(ms / pieces);
      if (!socket.destroyed) socket.write(body.slice(at, at + step));
    }
    if (!socket.destroyed) socket.end('GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    await gone;
    return answers.join('').split(/(?=HTTP\/1\.1 )/);
  }
  const statusesOf = (answers: readonly string[]): string[] => answers.map((answer) => answer.slice(9, 12));

  it('ends with a problem where it is no file', async () => {
    const token = await own.token();
    const [said = ''] = await speak('/v1/learners', 'application/json', JSON.stringify({ identity }), 1000, token);
    expect(said).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\ncontent-type: application\/problem\+json/);
    expect(JSON.parse(said.split('\r\n\r\n')[1]!)).toMatchObject({ status: 408, code: 'REQUEST_TIMEOUT' });
  });

  it.each([
    ['', false],
    [', on an address to which Fastify does not listen for errors', true],
  ])('is waited for where it is a file of somebody who may send one%s', async (_where, unheard) => {
    if (unheard) own.server.app.getHttpServer().removeAllListeners('clientError');
    const token = await own.token();
    const answers = await speak('/v1/imports', form, file, 700, token);
    expect(answers.map((answer) => answer.split('\r\n\r\n')[1])).toEqual(['{"bytes":20}', '{"status":"live"}']);
  });

  it('is not waited for for ever', async () => {
    expect(statusesOf(await speak('/v1/imports', form, file, 9000, await own.token()))).toEqual(['408']);
  });

  it('is not waited for where nobody knows who sends it', async () => {
    expect(statusesOf(await speak('/v1/imports', form, file, 1000, 'x'))).toEqual(['401', '408']);
  });
});

describe('health', () => {
  it('is alive, and ready or says why not', async () => {
    let reasons: object[] = [];
    const own = await openDesk([], { parts: { readiness: () => Promise.resolve(reasons) } });
    expect(await own.get('/health/live', { authorization: '' })).toMatchObject({ status: 200, body: { status: 'live' } });
    expect(await own.get('/health/ready')).toMatchObject({ status: 200, body: { status: 'ready', reasons: [] } });
    reasons = [{ view: 'tasks', state: 'stopped' }];
    expect(await own.get('/health/ready')).toMatchObject({ status: 503, body: { status: 'not-ready', reasons } });
    await own.server.app.close();
  });
});
