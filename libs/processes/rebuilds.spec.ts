import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryKeyVault } from '../adapters/memory/key-vault.ts';
import { MemoryEventStore } from '../adapters/memory/event-store.ts';
import { planRebuild, type RebuildCommand } from '../contexts/operations/rebuild.ts';
import { rebuildingOf, type Rebuilding } from '../facts/rebuild.ts';
import { isRefusal } from '../kernel/refusal.ts';
import { Codec } from '../runtime/codec.ts';
import { Transactor, type CommandContext } from '../runtime/transact.ts';
import { Pace } from './pace.ts';
import { Rebuilds, type EngineOutcome, type EngineView, type LastOutcome, type RebuildEngine } from './rebuilds.ts';

/** An engine as far as rebuilds see it: what it does is durable, as its tables are; who waits for it is not. */
class Engine implements RebuildEngine<string> {
  view: EngineView = { name: 'transcript', version: 2, generation: 1, position: 10n, state: 'live' };
  building: { verify: boolean; paused: boolean } | null = null;
  last: LastOutcome | null = null;
  #run: string | null = null;
  begun = 0;
  #waiting: ((outcome: EngineOutcome<string>) => void)[] = [];

  views = (): readonly EngineView[] => [this.view];
  doing: RebuildEngine<string>['doing'] = () =>
    Promise.resolve({ building: this.building && { ...this.building }, last: this.last });
  rebuild: RebuildEngine<string>['rebuild'] = (_view, onProgress, { run, verify }) => {
    this.#run = run;
    if (!this.building) {
      this.building = { verify, paused: false };
      this.begun += 1;
    }
    onProgress({ phase: 'log', done: 5n, head: 10n });
    return new Promise((resolve) => this.#waiting.push(resolve));
  };
  pause = (): Promise<boolean> => this.#set(true);
  resume = (): Promise<boolean> => this.#set(false);
  cancel = (): Promise<boolean> => {
    const any = this.building !== null;
    this.building = null;
    this.last = { run: this.#run, outcome: 'cancelled' };
    this.#tell({ outcome: 'cancelled' });
    return Promise.resolve(any);
  };

  #set(paused: boolean): Promise<boolean> {
    if (this.building) this.building.paused = paused;
    return Promise.resolve(this.building !== null);
  }

  #tell(outcome: EngineOutcome<string>): void {
    for (const resolve of this.#waiting.splice(0)) resolve(outcome);
  }

  /** Comes to its end; `heard` false where the ledger dies before it hears of it. */
  end({ heard = true, rows = [] as readonly string[], digests = null as { live: string; rebuilt: string } | null } = {}): void {
    const { verify } = this.building!;
    this.building = null;
    const generation = this.view.generation + 1;
    if (!verify) this.view = { ...this.view, generation, state: 'live' };
    const ended = { generation, position: '10', digests, differing: rows.length };
    this.last = { run: this.#run, outcome: verify ? 'verified' : 'swapped', ...ended };
    this.#run = null;
    if (heard) this.#tell({ outcome: 'rebuilt', ...ended, rows });
  }

  fail({ heard = true } = {}): void {
    this.building = null;
    const at = { position: '7', eventId: 'e', eventType: 'X' };
    this.last = { run: this.#run, outcome: 'failed', ...at };
    this.#run = null;
    if (heard) this.#tell({ outcome: 'failed', ...at });
  }

  /** The thread ended: what it builds goes on when it is back. */
  die(): void {
    this.#tell({ outcome: 'gone' });
  }
}

const clock = { ms: Date.parse('2026-10-01T00:00:00Z'), now: (): number => clock.ms };
let store: MemoryEventStore;
let transactor: Transactor;
let engine: Engine;
let ledger: Rebuilds<string>;
const faults: unknown[] = [];

const timer = { sleep: (): Promise<void> => new Promise((resolve) => setImmediate(resolve)) };
const contextOf = (commandId: string, role: 'administrator' | 'system', institutionId: string): CommandContext => ({
  commandId,
  digest: commandId,
  actor: { personId: role, role, organizationId: null },
  institutionId,
  zone: 'Asia/Shanghai',
  correlationId: commandId,
  causationId: commandId,
});

const say = async (commandId: string, command: RebuildCommand, institutionId = 'college'): Promise<void> => {
  const context = contextOf(commandId, 'administrator', institutionId);
  const answer = await transactor.transact(context, () => planRebuild('transcript', command));
  if (isRefusal(answer)) throw new Error(answer.refused);
  ledger.carryOut('transcript');
};
const start = (over: Partial<Extract<RebuildCommand, { type: 'StartRebuild' }>> = {}): RebuildCommand => ({
  type: 'StartRebuild',
  mode: 'swap',
  compare: false,
  ticket: null,
  version: engine.view.version,
  live: engine.view.generation,
  ...over,
});

/** The ledger's own process, as a restart makes it anew. */
const awake = async (): Promise<void> => {
  transactor = new Transactor({
    store,
    codec: new Codec(createMemoryKeyVault({ seed: 'rebuilds' })),
    clock,
    timer,
    entropy: { random: () => 0.5 },
  });
  ledger = new Rebuilds({
    engine,
    load: async (view) => (await transactor.load(rebuildingOf(view))).state,
    record: async (view, commandId, institutionId, said) => {
      const context = contextOf(commandId, 'system', institutionId ?? 'college');
      const command = said.type === 'StartRebuild' ? start(said) : said;
      const answer = await transactor.transact(context, () => planRebuild(view, command));
      if (isRefusal(answer) && answer.refused !== 'REBUILD_RUNNING') throw new Error(answer.refused);
    },
    clock,
    timer,
    onFault: (fault) => faults.push(fault),
  });
  await ledger.start();
};

const recorded = async (): Promise<readonly string[]> => (await store.readAll(0n)).events.map(({ type }) => type);
const state = async (): Promise<Rebuilding> => (await transactor.load(rebuildingOf('transcript'))).state;

/** Until what happens in its own time has happened. */
async function until(reached: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 2_000; turns++) {
    if (await reached()) return;
    await timer.sleep();
  }
  throw new Error(`it did not come about: ${(await recorded()).join(', ')} ${String(faults)}`);
}
const idle = (): Promise<void> => until(async () => (await state()).run === null && engine.building === null);

beforeEach(async () => {
  store = new MemoryEventStore(clock);
  engine = new Engine();
  faults.length = 0;
  await awake();
});
afterEach(async () => {
  await ledger.close();
  if (faults.length > 0) throw new Error(`faults that nothing caused: ${faults.join(', ')}`);
});

describe('what was asked for', () => {
  it('is carried out, and its end is on record once', async () => {
    await say('a', start());
    await until(() => engine.building !== null);
    engine.end();
    await idle();
    expect(await recorded()).toEqual(['RebuildStarted', 'RebuildFinished']);
    expect((await state()).ended).toMatchObject([
      { run: { run: 'a' }, ending: { outcome: 'finished', generation: 2, position: '10' } },
    ]);
    expect(ledger.gauges()).toMatchObject([{ view: 'transcript', status: 'idle', failed: false }]);
  });

  it('is paused, resumed and cancelled in the engine', async () => {
    await say('a', start());
    await say('b', { type: 'PauseRebuild' });
    await until(() => engine.building?.paused === true);
    await say('c', { type: 'ResumeRebuild' });
    await until(() => engine.building?.paused === false);
    await say('d', { type: 'CancelRebuild', ticket: null, outdated: false });
    await idle();
    expect(await recorded()).toEqual(['RebuildStarted', 'RebuildPaused', 'RebuildResumed', 'RebuildCancelled']);
    expect(engine.view.generation).toBe(1);
  });

  it('is followed by the next one where it is cancelled', async () => {
    await say('a', start());
    await until(() => engine.building !== null);
    await say('b', { type: 'CancelRebuild', ticket: null, outdated: false });
    await say('c', start({ mode: 'verify' }), 'academy');
    await until(() => engine.building?.verify === true);
    engine.end({ rows: ['row'] });
    await idle();
    expect(await recorded()).toEqual(['RebuildStarted', 'RebuildCancelled', 'RebuildStarted', 'RebuildFinished']);
    expect(ledger.differences('transcript')).toEqual({ run: 'c', rows: ['row'] });
    const { events } = await store.readAll(3n);
    expect(JSON.parse(events[0]!.json)).toMatchObject({ institutionId: 'academy', actor: { role: 'system' }, subjectId: null });
  });

  it('fails with the event, and is told to whoever watches', async () => {
    let told = 0;
    const unwatch = ledger.watch('transcript', () => (told += 1));
    await say('a', start());
    await until(() => engine.building !== null);
    expect(ledger.pace('transcript')).toMatchObject({ phase: 'log', done: 5n, head: 10n });
    engine.fail();
    await idle();
    unwatch();
    expect(told).toBeGreaterThan(1);
    expect((await state()).ended).toMatchObject([{ ending: { outcome: 'failed', position: '7', eventType: 'X' } }]);
    expect(ledger.gauges()).toMatchObject([{ failed: true }]);
  });
});

describe('after a crash', () => {
  it('a swap whose record is missing is recorded, once', async () => {
    await say('a', start());
    await until(() => engine.building !== null);
    await ledger.close();
    engine.end({ heard: false, digests: { live: 'a', rebuilt: 'a' } });
    // Folding goes on before anybody looks.
    engine.view = { ...engine.view, position: 99n };
    await awake();
    await idle();
    await ledger.close();
    await awake();
    await idle();
    expect(await recorded()).toEqual(['RebuildStarted', 'RebuildFinished']);
    const { ending } = (await state()).ended[0]!;
    const digests = { live: 'a', rebuilt: 'a' };
    expect(ending).toEqual({ outcome: 'finished', generation: 2, position: '10', digests, differing: 0 });
    expect(engine.begun).toBe(1);
  });

  it('a verification and a failure whose record is missing are recorded as they were, and not begun again', async () => {
    await say('a', start({ mode: 'verify', compare: true }));
    await until(() => engine.building !== null);
    await ledger.close();
    engine.end({ heard: false, rows: ['row'], digests: { live: 'a', rebuilt: 'b' } });
    await awake();
    await idle();
    await say('b', start());
    await until(() => engine.building !== null);
    await ledger.close();
    engine.fail({ heard: false });
    await awake();
    await idle();
    expect(await recorded()).toEqual(['RebuildStarted', 'RebuildFinished', 'RebuildStarted', 'RebuildFailed']);
    expect((await state()).ended).toMatchObject([
      { run: { run: 'b' }, ending: { outcome: 'failed', position: '7', eventType: 'X' } },
      { run: { run: 'a' }, ending: { outcome: 'finished', digests: { live: 'a', rebuilt: 'b' }, differing: 1 } },
    ]);
    expect(engine.begun).toBe(2);
  });

  it('a swap that nobody wrote down beside its rows is recorded as the rows tell', async () => {
    await say('a', start());
    await until(() => engine.building !== null);
    await ledger.close();
    engine.end({ heard: false });
    engine.last = null;
    await awake();
    await idle();
    expect((await state()).ended).toMatchObject([{ ending: { outcome: 'finished', generation: 2, digests: null } }]);
    expect(engine.begun).toBe(1);
  });

  it('what goes on is joined, and what was lost begins anew', async () => {
    await say('a', start());
    await until(() => engine.building !== null);
    await ledger.close();
    await awake();
    await until(() => ledger.pace('transcript') !== null);
    expect(engine.begun).toBe(1);
    await ledger.close();
    engine.building = null;
    await awake();
    await until(() => engine.building !== null);
    engine.end();
    await idle();
    expect(await recorded()).toEqual(['RebuildStarted', 'RebuildFinished']);
  });

  it('a cancellation that the engine never heard of reaches it', async () => {
    await say('a', start());
    await until(() => engine.building !== null);
    await ledger.close();
    await transactor.transact(contextOf('b', 'administrator', 'college'), () =>
      planRebuild('transcript', { type: 'CancelRebuild', ticket: null, outdated: false }),
    );
    await awake();
    await idle();
    expect(await recorded()).toEqual(['RebuildStarted', 'RebuildCancelled']);
  });

  it('a cancellation that came after the swap gives way to it', async () => {
    await say('a', start());
    await until(() => engine.building !== null);
    await ledger.close();
    engine.end({ heard: false });
    await transactor.transact(contextOf('b', 'administrator', 'college'), () =>
      planRebuild('transcript', { type: 'CancelRebuild', ticket: null, outdated: false }),
    );
    await awake();
    await until(async () => (await recorded()).length === 3);
    expect(await recorded()).toEqual(['RebuildStarted', 'RebuildCancelled', 'RebuildFinished']);
  });

  it('what is paused stays paused', async () => {
    await say('a', start());
    await say('b', { type: 'PauseRebuild' });
    await until(() => engine.building?.paused === true);
    await ledger.close();
    engine.building = null;
    await awake();
    await until(() => engine.building?.paused === true);
    await say('c', { type: 'ResumeRebuild' });
    await until(() => engine.building?.paused === false);
    engine.end();
    await idle();
    expect(await recorded()).toEqual(['RebuildStarted', 'RebuildPaused', 'RebuildResumed', 'RebuildFinished']);
  });

  it('of the engine alone, it is joined again', async () => {
    await say('a', start());
    await until(() => engine.building !== null);
    engine.die();
    await until(() => ledger.pace('transcript') !== null);
    engine.end();
    await idle();
    expect(await recorded()).toEqual(['RebuildStarted', 'RebuildFinished']);
  });
});

describe('rows of another release', () => {
  beforeEach(async () => {
    await ledger.close();
    engine.view = { ...engine.view, version: 3, state: 'outdated' };
    engine.building = { verify: false, paused: false };
  });

  it('are rebuilt by the engine itself, on record as asked for by nobody', async () => {
    await awake();
    await until(() => ledger.pace('transcript') !== null);
    engine.end();
    await idle();
    expect(await recorded()).toEqual(['RebuildStarted', 'RebuildFinished']);
    expect((await state()).ended).toMatchObject([{ run: { by: { role: 'system' }, version: 3, live: 1 } }]);
  });

  it('are not rebuilt a second time where the engine came to the end while it was asked', async () => {
    const asked = engine.doing;
    engine.doing = (view) => {
      // Its rows are swapped by the time of the answer, and nothing is rebuilt any more.
      if (engine.building) engine.end();
      return asked(view);
    };
    await awake();
    await idle();
    expect([engine.begun, engine.view.generation]).toEqual([0, 2]);
    expect(await recorded()).toEqual(['RebuildStarted', 'RebuildFinished']);
  });

  it('fail once on record however often the engine tries, and finish when it succeeds', async () => {
    await awake();
    for (let tries = 0; tries < 3; tries++) {
      await until(() => ledger.pace('transcript') !== null);
      engine.fail();
      await idle();
      await until(() => ledger.pace('transcript') === null);
      engine.building = { verify: false, paused: false };
    }
    await until(() => ledger.pace('transcript') !== null);
    engine.end();
    await until(async () => (await state()).ended[0]?.ending.outcome === 'finished');
    expect(await recorded()).toEqual(['RebuildStarted', 'RebuildFailed', 'RebuildFinished']);
  });

  it('are no measure for a verification that was on its way', async () => {
    await transactor.transact(contextOf('a', 'administrator', 'college'), () =>
      planRebuild('transcript', start({ mode: 'verify' })),
    );
    await awake();
    await until(async () => (await recorded()).includes('RebuildFailed'));
    await until(() => ledger.pace('transcript') !== null);
    engine.end();
    await idle();
    expect(await recorded()).toEqual(['RebuildStarted', 'RebuildFailed', 'RebuildStarted', 'RebuildFinished']);
  });
});

it('a pace is that of late, and says how long it takes from here', () => {
  const pace = new Pace(clock);
  expect(pace.now()).toBeNull();
  for (let i = 0; i <= 20; i++) {
    clock.ms += 1_000;
    pace.at({ phase: 'log', done: BigInt(i < 10 ? i : 10 + (i - 10) * 100), head: 2_010n });
  }
  expect(pace.now()).toEqual({ phase: 'log', done: 1_010n, head: 2_010n, perSecond: 100, secondsLeft: 10 });
  pace.at({ phase: 'ranges', done: 0n, head: 2_010n });
  expect(pace.now()).toMatchObject({ perSecond: 0, secondsLeft: null });
});
