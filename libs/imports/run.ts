import type { ImportEvent } from '../events/catalog/enrollment.ts';
import { evolveImportRun, importRunFact, importStream, initialImportRun, type ImportRun } from '../facts/import-run.ts';
import type { Decider, Decision } from '../kernel/decider.ts';
import { requestApproval, settleApproval, type SettleCommand } from '../kernel/four-eyes.ts';
import { leg, type Plan, type Source } from '../kernel/plan.ts';
import { refuse, type Refusal } from '../kernel/refusal.ts';
import { sameContent } from '../kernel/same.ts';

/** An import run: one reading of one file with one set of options. A row's command id extends the run's, so a killed run continues. */
export { importStream, type ImportRun } from '../facts/import-run.ts';

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Content<T extends ImportEvent['type']> = Extract<ImportEvent, { type: T }>['data'];

export type ImportCommand =
  | ({ readonly type: 'StartImport' } & Content<'ImportStarted'>)
  | ({ readonly type: 'FinishImport' } & Content<'ImportFinished'>)
  | { readonly type: 'RequestUndo'; readonly requestId: string; readonly evidence: readonly string[] }
  | SettleCommand
  | ({ readonly type: 'RecordUndoneRows' } & Content<'ImportRowsUndone'>)
  | { readonly type: 'FinishUndo' };

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What its rows say of people can be taken back. Reference data, contracts and results have corrections of their own. */
const undoable = ['roster', 'registrations', 'annual-registrations', 'status-changes', 'class-changes', 'rechecks'];

/** What a request would take back, as it stands now: a run that went on meanwhile is another one. */
const against = ({ finished }: ImportRun): string => `rows:${finished ? JSON.stringify(finished) : 'under way'}`;

function requestUndo(s: ImportRun, c: Extract<ImportCommand, { type: 'RequestUndo' }>): Decision<ImportEvent> {
  const { kind } = s.started!;
  if (!undoable.includes(kind)) return refuse('RUN_NOT_UNDOABLE', { kind });
  if (s.undo) return refuse('RUN_UNDONE');
  const { rows = null, taken = null } = s.finished ?? {};
  return requestApproval(s.approvals, {
    requestId: c.requestId,
    act: 'UndoImport',
    against: against(s),
    target: null,
    targetEffectiveAt: null,
    proposal: { kind, rows, taken },
    personal: null,
    evidence: c.evidence,
  });
}

function recordRows(
  s: ImportRun,
  { requestId, takenBack, kept }: Extract<ImportCommand, { type: 'RecordUndoneRows' }>,
): Decision<ImportEvent> {
  if (s.undo?.requestId !== requestId) return refuse('UNDO_NOT_GRANTED');
  const known =
    takenBack.every((row) => s.undo!.takenBack.has(row)) && kept.every((one) => sameContent(s.undo!.kept.get(one.row), one));
  return known ? [] : [{ type: 'ImportRowsUndone', data: { requestId, takenBack, kept } }];
}

function finishUndo({ undo }: ImportRun): Decision<ImportEvent> {
  if (!undo) return refuse('UNDO_NOT_GRANTED');
  if (undo.finishedAt !== null) return [];
  const { requestId, takenBack, kept } = undo;
  return [{ type: 'ImportUndoFinished', data: { requestId, takenBack: takenBack.size, kept: kept.size } }];
}

export const importRun: Decider<ImportRun, ImportCommand, ImportEvent> = {
  initial: initialImportRun,
  evolve: evolveImportRun,
  decide: (s, c, k) => {
    if (c.type === 'StartImport') {
      const { type: _type, ...data } = c;
      return s.started ? [] : [{ type: 'ImportStarted', data }];
    }
    if (!s.started) return refuse('RUN_UNKNOWN');
    switch (c.type) {
      case 'FinishImport': {
        const { type: _type, ...data } = c;
        if (s.finished) return [];
        return s.undo ? refuse('RUN_UNDONE') : [{ type: 'ImportFinished', data }];
      }
      case 'RequestUndo':
        return requestUndo(s, c);
      case 'GrantApproval':
      case 'RefuseApproval': {
        const produce = ({ requestId }: { readonly requestId: string }): readonly ImportEvent[] | Refusal =>
          s.undo ? refuse('RUN_UNDONE') : [{ type: 'ImportUndone', data: { requestId } }];
        return settleApproval<ImportEvent>(s.approvals, c, k, () => against(s), produce);
      }
      case 'RecordUndoneRows':
        return recordRows(s, c);
      case 'FinishUndo':
        return finishUndo(s);
      default:
        return c satisfies never;
    }
  },
};

export const runSource = (runId: string): Source<ImportRun> => importRunFact(runId);

export const planImport = (runId: string, command: ImportCommand): Plan => ({
  own: leg(importStream(runId), importRun, command),
  subjectId: () => null,
});
