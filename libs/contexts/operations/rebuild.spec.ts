import { describe, expect, it } from '@jest/globals';
import { examples, expectTable } from '../../../test/support/given.ts';
import { past } from '../../../test/support/past.ts';
import type { RebuildEvent } from '../../events/catalog/operations.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import { rebuildCommands } from './commands.ts';
import { planRebuild, rebuild } from './rebuild.ts';

const { given, seen } = examples(rebuild, {});

const start = { type: 'StartRebuild', mode: 'swap', compare: false, version: 3, live: 7, ticket: 'OPS-1' } as const;
const data = { run: 'command', mode: 'swap', compare: false, version: 3, live: 7, ticket: 'OPS-1' } as const;
const started = { type: 'RebuildStarted', data } as const;
const finish = { type: 'FinishRebuild', run: 'command', generation: 8, position: '42', digests: null, differing: 0 } as const;
const finished: RebuildEvent = {
  type: 'RebuildFinished',
  data: { run: 'command', generation: 8, position: '42', digests: null, differing: 0 },
};
const fail = { type: 'FailRebuild', run: 'command', position: '41', eventId: 'e', eventType: 'X' } as const;
const failed: RebuildEvent = { type: 'RebuildFailed', data: { run: 'command', position: '41', eventId: 'e', eventType: 'X' } };
const cancel = { type: 'CancelRebuild', ticket: null, outdated: false } as const;

const running = () => given().when(start).gives(started);

describe('a rebuild', () => {
  it('is one, however many ask for it; another kind waits', () => {
    running().when(start, { by: 'qian', commandId: 'another' }).givesNothing();
    running()
      .when({ ...start, ticket: 'OPS-2' })
      .givesNothing();
    running()
      .when({ ...start, mode: 'verify' })
      .refuses('REBUILD_RUNNING', { run: 'command', mode: 'swap' });
  });

  it('is on record with who asked, why, and for what', () => {
    const { state } = given(past('2026-03-01', started, { by: 'qian' }));
    expect(state).toMatchObject({ status: 'running', run: { ...data, by: { personId: 'qian' }, institutionId: 'college' } });
  });

  it('is paused and resumed, each said as often as one likes', () => {
    const paused = running()
      .when({ type: 'PauseRebuild' })
      .gives({ type: 'RebuildPaused', data: { run: 'command' } });
    expect(paused.state.status).toBe('paused');
    const resumed = paused.when({ type: 'ResumeRebuild' }).gives({ type: 'RebuildResumed', data: { run: 'command' } });
    expect(resumed.state.status).toBe('running');
    given().when({ type: 'PauseRebuild' }).refuses('REBUILD_NOT_RUNNING');
    given().when({ type: 'ResumeRebuild' }).refuses('REBUILD_NOT_RUNNING');
  });

  it('is cancelled, unless the rows are those of another release', () => {
    const cancelled = running()
      .when(cancel)
      .gives({ type: 'RebuildCancelled', data: { run: 'command', ticket: null } });
    expect(cancelled.state).toMatchObject({ status: 'idle', run: null, ended: [{ ending: { outcome: 'cancelled' } }] });
    given().when(cancel).refuses('REBUILD_NOT_RUNNING');
    running()
      .when({ ...cancel, outdated: true })
      .refuses('REBUILD_NEEDED', { version: 3 });
    const verifying = given().when({ ...start, mode: 'verify' });
    verifying
      .accepted()
      .when({ ...cancel, outdated: true })
      .accepted();
  });

  it('finishes once, also where its cancellation came after the swap', () => {
    const over = running().when(finish).gives(finished);
    expect(over.state.ended).toMatchObject([{ run: data, ending: { outcome: 'finished', generation: 8 } }]);
    over.when({ ...finish, generation: 9 }).givesNothing();
    over.when(fail).givesNothing();
    const late = running().when(cancel).accepted().when(finish).gives(finished);
    expect(late.state.ended).toMatchObject([{ ending: { outcome: 'finished' } }]);
    given().when(finish).givesNothing();
  });

  it('fails at an event, and is tried again as it was', () => {
    const over = running().when(fail).gives(failed);
    expect(over.state.ended).toMatchObject([{ ending: { outcome: 'failed', position: '41', eventType: 'X' } }]);
    const retry = { type: 'RetryRebuild', version: 4, live: 7 } as const;
    const again = over.when(retry, { commandId: 'again' });
    expect(again.decision).toEqual([{ type: 'RebuildStarted', data: { ...data, run: 'again', version: 4 } }]);
    again.accepted().when(retry).givesNothing();
    running().when(finish).accepted().when(retry).refuses('REBUILD_NOT_FAILED', { last: 'finished' });
    // The engine went on by itself.
    over.when(finish).gives(finished);
  });

  it('is written by administrators of every institution', () => {
    const plan = planRebuild('transcript', start);
    expect(plan).toMatchObject({ shared: true, own: { stream: 'rebuild-transcript' } });
    expect(plan.subjectId(null)).toBeNull();
  });
});

it('the fold takes any order of events', () => {
  const all: RebuildEvent[] = [
    finished,
    failed,
    { type: 'RebuildPaused', data: { run: 'other' } },
    { type: 'RebuildResumed', data: { run: 'other' } },
    { type: 'RebuildCancelled', data: { run: 'other', ticket: null } },
  ];
  expect(given(...all.map((event) => past('2026-03-01', event))).state).toMatchObject({ status: 'idle', ended: [] });
});

it('the command table says what was seen', () => {
  expectTable(rebuildCommands, seen, [], commonRefusals);
});
