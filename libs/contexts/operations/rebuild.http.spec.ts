import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDesk, type Desk } from '../../../test/support/desk.ts';
import { toldIn } from '../../../test/support/rebuilds.ts';
import type { Rebuilds } from '../../edge/parts.ts';
import { RecordsModule } from '../../records/records.module.ts';
import { OperationsModule } from './operations.module.ts';
import { planRebuild, type RebuildCommand } from './rebuild.ts';

let desk: Desk;
let administrator: Pick<Desk, 'post' | 'get'>;
let state: 'live' | 'outdated';
const hinted: string[] = [];
const watchers = new Set<() => void>();
let pace: ReturnType<Rebuilds['pace']>;
let found: ReturnType<Rebuilds['differences']>;

beforeEach(async () => {
  state = 'live';
  pace = { phase: 'log', done: 21n, head: 42n, perSecond: 7, secondsLeft: 3 };
  found = null;
  hinted.length = 0;
  watchers.clear();
  const bare = await openDesk([]);
  await bare.server.app.close();
  const { views } = bare.parts;
  desk = await openDesk([OperationsModule, RecordsModule], {
    parts: {
      views: {
        ...views,
        status: () =>
          ['transcript', 'tasks'].map((name) => ({
            name,
            state,
            parked: 0,
            incomplete: [],
            position: 0n,
            generation: 4,
            version: 2,
          })),
      },
      rebuilds: {
        carryOut: (view) => void hinted.push(view),
        pace: () => pace,
        differences: () => found,
        watch: (_view, changed) => {
          watchers.add(changed);
          return () => void watchers.delete(changed);
        },
        gauges: () => [{ view: 'transcript', status: 'running', pace, lastSeconds: null, failed: false }],
      },
    },
  });
  administrator = await desk.as({ role: 'administrator', sub: 'administrator-1' });
});
afterEach(() => desk.server.app.close());

const reason = { code: 'report-differs', ticket: 'OPS-1234' };
const to = '/v1/views/transcript/rebuild';

/** What the ledger itself puts on record. */
const ledgerSays = async (command: RebuildCommand): Promise<void> => {
  await desk.parts.transactor.transact(
    {
      commandId: randomUUID(),
      digest: 'd',
      actor: { personId: 'ledger', role: 'system', organizationId: null },
      institutionId: 'college',
      zone: 'Asia/Shanghai',
      correlationId: 'c',
      causationId: 'c',
    },
    () => planRebuild('transcript', command),
  );
  for (const changed of watchers) changed();
};
const finish = (run: string): RebuildCommand => ({
  type: 'FinishRebuild',
  run,
  generation: 5,
  position: '42',
  digests: { live: 'a', rebuilt: 'b' },
  differing: 1,
});

describe('asking for a rebuild', () => {
  it('is answered at once, with where it is told how it goes on', async () => {
    const answer = await administrator.post(to, { reason });
    expect(answer).toMatchObject({
      status: 202,
      headers: { location: to },
      body: { view: 'transcript', run: expect.stringMatching(/^[0-9a-z]{24}$/), events: ['RebuildStarted'], repeated: false },
    });
    expect(hinted).toEqual(['transcript']);
    expect((await administrator.get(to)).body).toMatchObject({
      view: 'transcript',
      state: 'running',
      run: {
        run: answer.body.run,
        mode: { code: 'swap' },
        compare: false,
        version: 2,
        live: 4,
        by: { personId: 'administrator-1', role: 'administrator', institutionId: 'college' },
        reason: 'report-differs',
        ticket: 'OPS-1234',
      },
      progress: { phase: 'log', done: '21', head: '42', percent: 50, perSecond: 7, secondsLeft: 3 },
      ended: [],
    });
  });

  it('says why: a code and a ticket, no words about anybody', async () => {
    const codes = async (body: object): Promise<unknown> =>
      (await administrator.post(to, body)).body.errors.map(
        ({ field, code }: { field: string; code: string }) => `${field} ${code}`,
      );
    expect(await codes({})).toEqual(['reason REQUIRED']);
    expect(await codes({ reason: { code: '李小雨' } })).toEqual(['reason.code SHAPE']);
    expect(await codes({ reason: { code: 'x', ticket: '李小雨' } })).toEqual(['reason.ticket SHAPE']);
    expect(await codes({ reason: { code: 'x', text: 'y' } })).toEqual(['reason.text UNKNOWN_FIELD']);
    expect(await codes({ reason, mode: 'fast' })).toEqual(['mode ONE_OF']);
    expect((await administrator.post(`${to}/cancel`, {})).status).toBe(422);
    expect(hinted).toEqual([]);
  });

  it('takes effect once for a key, and once for two who ask', async () => {
    const key = { 'idempotency-key': 'once' };
    const first = await administrator.post(to, { reason }, key);
    expect(await administrator.post(to, { reason }, key)).toMatchObject({
      status: 202,
      body: { run: first.body.run, repeated: true },
    });
    expect(await administrator.post(to, { reason, mode: 'verify' }, key)).toMatchObject({
      status: 409,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    const other = await desk.as({ role: 'administrator', sub: 'administrator-2', institution: 'academy' });
    expect(await other.post(to, { reason })).toMatchObject({ status: 202, body: { run: first.body.run, events: [] } });
    expect(await other.post(to, { reason, mode: 'verify' })).toMatchObject({
      status: 409,
      body: { code: 'REBUILD_RUNNING', facts: { mode: 'swap' } },
    });
    // She is told that somebody asked, and not who.
    expect((await other.get(to)).body.run).toMatchObject({
      by: { personId: null, role: 'administrator', institutionId: null },
      ticket: null,
    });
    expect(await desk.parts.store.head()).toBe(1n);
  });

  it('may be about all of them, each with an answer of its own', async () => {
    await administrator.post(to, { reason, mode: 'verify' });
    expect(await administrator.post('/v1/views/rebuild', { reason })).toMatchObject({
      status: 202,
      headers: { location: '/v1/views' },
      body: {
        items: [
          { view: 'transcript', run: null, code: 'REBUILD_RUNNING' },
          { view: 'tasks', run: expect.any(String), code: null },
        ],
      },
    });
  });

  it('is an administrator’s alone, and about a view that there is', async () => {
    for (const role of ['registrar', 'auditor', 'learner'] as const) {
      const who = await desk.as({ role });
      expect((await who.post(to, { reason })).body.code).toBe('ROLE_NOT_ALLOWED');
    }
    expect((await (await desk.as({ role: 'auditor' })).get(to)).status).toBe(200);
    for (const path of ['/v1/views/none/rebuild', '/v1/views/none/rebuild/pause'])
      expect((await administrator.post(path, { reason })).body.code).toBe('VIEW_UNKNOWN');
    for (const path of ['', '/events', '/differences'])
      expect((await administrator.get(`/v1/views/none/rebuild${path}`)).body.code).toBe('VIEW_UNKNOWN');
    const { facts, detail } = (await administrator.get('/v1/views/none/rebuild')).body;
    expect(facts).toEqual({ view: 'none', views: ['tasks', 'transcript'] });
    expect(detail).toContain('none');
    expect(detail).toContain('tasks, transcript');
  });
});

describe('a rebuild on its way', () => {
  it('is paused, resumed and cancelled', async () => {
    expect((await administrator.post(`${to}/pause`, {})).body.code).toBe('REBUILD_NOT_RUNNING');
    const { run } = (await administrator.post(to, { reason })).body;
    expect(await administrator.post(`${to}/pause`, {})).toMatchObject({ status: 200, body: { run, events: ['RebuildPaused'] } });
    expect((await administrator.get(to)).body).toMatchObject({ state: 'paused', progress: { perSecond: 0, secondsLeft: null } });
    expect((await administrator.post(`${to}/pause`, {})).body.events).toEqual([]);
    expect((await administrator.post(`${to}/resume`, {})).body.events).toEqual(['RebuildResumed']);
    expect((await administrator.post(`${to}/cancel`, { reason })).body).toMatchObject({ run, events: ['RebuildCancelled'] });
    expect((await administrator.get(to)).body).toMatchObject({
      state: 'idle',
      progress: null,
      ended: [{ run, outcome: 'cancelled' }],
    });
    expect(hinted).toHaveLength(5);
  });

  it('of rows that another release folded is not cancelled', async () => {
    await administrator.post(to, { reason });
    state = 'outdated';
    expect((await administrator.post(`${to}/cancel`, { reason })).body.code).toBe('REBUILD_NEEDED');
  });

  it('that failed is tried again', async () => {
    expect((await administrator.post(`${to}/retry`, {})).body.code).toBe('REBUILD_NOT_FAILED');
    const { run } = (await administrator.post(to, { reason })).body;
    await ledgerSays({ type: 'FailRebuild', run, position: '41', eventId: 'e', eventType: 'X' });
    expect((await administrator.get(to)).body.ended).toMatchObject([{ outcome: 'failed', position: '41', eventType: 'X' }]);
    const again = await administrator.post(`${to}/retry`, {});
    expect(again).toMatchObject({ status: 202, body: { events: ['RebuildStarted'] } });
    expect(again.body.run).not.toBe(run);
  });

  it('is in the metrics', async () => {
    const { body } = await administrator.get('/metrics');
    expect(body).toContain('ledger_view_rebuild_state{view="transcript"} 1');
    expect(body).toContain('ledger_view_rebuild_progress_ratio{view="transcript"} 0.5');
    expect(body).toContain('ledger_view_rebuild_events_per_second{view="transcript"} 7');
    expect(body).toContain('ledger_view_rebuild_failed{view="transcript"} 0');
  });
});

describe('server-sent events', () => {
  /** Resolves once somebody watches. */
  const watched = async (): Promise<void> => {
    while (watchers.size === 0) await new Promise((resolve) => setImmediate(resolve));
  };

  it('tell progress and end with the outcome', async () => {
    const { run } = (await administrator.post(to, { reason })).body;
    const following = administrator.get(`${to}/events?run=${run}`);
    await watched();
    await ledgerSays(finish(run));
    const answer = await following;
    expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const told = toldIn(answer.body);
    expect(told.map(({ event, id }) => [event, id])).toEqual([
      ['progress', `${run}.1`],
      ['outcome', `${run}.2`],
    ]);
    expect(told[0]!.data).toMatchObject({ state: 'running', progress: { percent: 50 }, lag: '1' });
    expect(told[1]!.data).toMatchObject({ run, outcome: 'finished', generation: 5, digests: { live: 'a', rebuilt: 'b' } });
    expect(watchers.size).toBe(0);
    // Who comes late is told the same, and nobody waits for what never was.
    expect(toldIn((await administrator.get(`${to}/events`)).body)).toMatchObject([{ event: 'outcome', data: { run } }]);
    expect((await administrator.get(`${to}/events?run=0`)).body.code).toBe('NOT_FOUND');
    expect(toldIn((await administrator.get('/v1/views/tasks/rebuild/events')).body)).toMatchObject([{ event: 'idle' }]);
  });

  it('end when the server closes', async () => {
    await administrator.post(to, { reason });
    const following = administrator.get(`${to}/events`);
    await watched();
    await desk.server.app.close();
    expect(toldIn((await following).body).map(({ event }) => event)).toEqual(['progress']);
    expect(watchers.size).toBe(0);
  });
});

describe('differing rows', () => {
  it('are told as they are stored; of another institution’s nothing but that there is one', async () => {
    expect((await administrator.get(`${to}/differences`)).body).toEqual({ view: 'transcript', run: null, items: [] });
    const row = (institution: string, status: string) => ({ institution_id: institution, id: 'e1', status, at: 42n });
    found = {
      run: 'r',
      rows: [
        { table: 't', live: row('college', 'x'), rebuilt: row('college', 'y') },
        { table: 't', live: null, rebuilt: row('academy', 'z') },
        { table: 't', live: { id: 'nobody’s' }, rebuilt: null },
      ],
    };
    expect((await administrator.get(`${to}/differences`)).body.items).toEqual([
      {
        table: 't',
        kind: 'changed',
        live: { institution_id: 'college', id: 'e1', status: 'x', at: '42' },
        rebuilt: { institution_id: 'college', id: 'e1', status: 'y', at: '42' },
      },
      { table: 't', kind: 'missing', live: null, rebuilt: null },
      { table: 't', kind: 'extra', live: null, rebuilt: null },
    ]);
  });
});
