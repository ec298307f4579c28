import { describe, expect, it } from '@jest/globals';
import { examples } from '../../test/support/given.ts';
import { digestOf, past, type Past } from '../../test/support/past.ts';
import type { ImportEvent } from '../events/catalog/enrollment.ts';
import { importRun, importStream } from './run.ts';

const { given } = examples(importRun, {}, importStream('run1'));

const started = (kind = 'roster'): Past<ImportEvent> =>
  past('2026-03-01', { type: 'ImportStarted', data: { kind, fileDigest: 'f', options: {}, ordinal: 1 } });
const finished = past<ImportEvent>('2026-03-01', {
  type: 'ImportFinished',
  data: { rows: 3, taken: 2, unchanged: 1, refused: 0 },
});
const request = { type: 'RequestUndo', requestId: 'q1', evidence: ['file 7'] } as const;
const requested = () => given(started(), finished).when(request, { by: 'zhao' }).accepted();
const grant = { type: 'GrantApproval', requestId: 'q1', digest: digestOf(request) } as const;
const undone = () => requested().when(grant, { by: 'qian' }).accepted();

describe('taking a run back', () => {
  it('is asked for by one and granted by another, in one append with the act', () => {
    const asked = requested();
    expect(asked.history.at(-1)).toMatchObject({
      type: 'ApprovalRequested',
      data: { act: 'UndoImport', proposal: { kind: 'roster', rows: 3, taken: 2 } },
    });
    asked.when(grant, { by: 'zhao' }).refuses('SAME_PERSON');
    asked.when({ ...grant, digest: 'another' }, { by: 'qian' }).refuses('REQUEST_DIGEST_DIFFERS');
    asked
      .when(grant, { by: 'qian' })
      .gives(
        { type: 'ApprovalGranted', data: { requestId: 'q1', digest: grant.digest } },
        { type: 'ImportUndone', data: { requestId: 'q1' } },
      );
    asked
      .when({ type: 'RefuseApproval', requestId: 'q1' }, { by: 'qian' })
      .gives({ type: 'ApprovalRefused', data: { requestId: 'q1' } });
  });

  it('waits once, and once granted is not asked for again', () => {
    requested()
      .when({ ...request, requestId: 'q2' })
      .refuses('REQUEST_PENDING', { requestId: 'q1' });
    undone()
      .when({ ...request, requestId: 'q2' })
      .refuses('RUN_UNDONE');
    given().when(request).refuses('RUN_UNKNOWN');
  });

  it('is stale where the run went on meanwhile', () => {
    const asked = given(started()).when(request, { by: 'zhao' }).accepted();
    const ended = asked.when({ type: 'FinishImport', rows: 3, taken: 3, unchanged: 0, refused: 0 }).accepted();
    const settled = ended.when(grant, { by: 'qian' }).accepted();
    expect(settled.history.at(-1)!.type).toBe('ApprovalStale');
    expect(settled.state.undo).toBeNull();
  });

  it('is not for what is corrected in another way', () => {
    for (const kind of ['programs', 'courses', 'organizations', 'mentors', 'contracts', 'results'])
      given(started(kind), finished).when(request).refuses('RUN_NOT_UNDOABLE', { kind });
  });

  it('ends a run that was cut off: nothing more is said of its rows', () => {
    const asked = given(started()).when(request, { by: 'zhao' }).accepted();
    const taken = asked.when(grant, { by: 'qian' }).accepted();
    taken.when({ type: 'FinishImport', rows: 3, taken: 3, unchanged: 0, refused: 0 }).refuses('RUN_UNDONE');
  });

  it('tells what became of the rows, once, and how many they were', () => {
    const kept = [{ row: 4, code: 'CHANGED_SINCE', since: ['ContactChanged'] }];
    const rows = { type: 'RecordUndoneRows', requestId: 'q1', takenBack: [2, 3], kept } as const;
    const told = undone()
      .when(rows)
      .gives({ type: 'ImportRowsUndone', data: { requestId: 'q1', takenBack: [2, 3], kept } });
    told.when({ type: 'FinishUndo' }).gives({ type: 'ImportUndoFinished', data: { requestId: 'q1', takenBack: 2, kept: 1 } });
    requested().when(rows).refuses('UNDO_NOT_GRANTED');
    requested().when({ type: 'FinishUndo' }).refuses('UNDO_NOT_GRANTED');
  });
});
