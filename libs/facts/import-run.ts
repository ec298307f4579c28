import type { ImportEvent } from '../events/catalog/enrollment.ts';
import type { Actor, Recorded } from '../kernel/decider.ts';
import { evolveApprovals, type Approvals } from '../kernel/four-eyes.ts';
import { source, type Source } from '../kernel/plan.ts';

/** What an import run's events add up to: one fold for its decisions, for what is taken back under its grant, and for whoever asks. */
export const importStream = (runId: string): string => `import-${runId}`;

// ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Content<T extends ImportEvent['type']> = Extract<ImportEvent, { type: T }>['data'];

/** A row that was not taken back. `since`: types of the events that came after it. */
export type KeptRow = Content<'ImportRowsUndone'>['kept'][number];

export interface Undo {
  readonly requestId: string;
  readonly grantedBy: Actor;
  readonly grantedAt: string;
  /** Position of the grant: the run's rows lie before it. */
  readonly grantedPosition: bigint;
  readonly takenBack: ReadonlySet<number>;
  readonly kept: ReadonlyMap<number, KeptRow>;
  readonly finishedAt: string | null;
}

export interface ImportRun {
  readonly started: Content<'ImportStarted'> | null;
  /** Position of the start: the run's rows lie behind it. */
  readonly startedPosition: bigint;
  readonly finished: Content<'ImportFinished'> | null;
  readonly approvals: Approvals;
  readonly undo: Undo | null;
}

export const initialImportRun: ImportRun = { started: null, startedPosition: 0n, finished: null, approvals: {}, undo: null };

// ── evolve ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export function evolveImportRun(s: ImportRun, e: Recorded<ImportEvent>): ImportRun {
  switch (e.type) {
    case 'ImportStarted':
      return { ...s, started: e.data, startedPosition: e.position };
    case 'ImportFinished':
      return { ...s, finished: e.data };
    case 'ImportUndone': {
      const { actor: grantedBy, recordedAt: grantedAt, position: grantedPosition } = e;
      const nothing = { takenBack: new Set<number>(), kept: new Map<number, KeptRow>(), finishedAt: null };
      return { ...s, undo: { requestId: e.data.requestId, grantedBy, grantedAt, grantedPosition, ...nothing } };
    }
    case 'ImportRowsUndone':
      return {
        ...s,
        undo: s.undo && {
          ...s.undo,
          takenBack: new Set([...s.undo.takenBack, ...e.data.takenBack]),
          kept: new Map([...s.undo.kept, ...e.data.kept.map((kept) => [kept.row, kept] as const)]),
        },
      };
    case 'ImportUndoFinished':
      return { ...s, undo: s.undo && { ...s.undo, finishedAt: e.recordedAt } };
    case 'ApprovalRequested':
    case 'ApprovalGranted':
    case 'ApprovalRefused':
    case 'ApprovalStale':
      return { ...s, approvals: evolveApprovals(s.approvals, e) };
    default:
      return e satisfies never;
  }
}

export const importRunFact = (runId: string): Source<ImportRun> =>
  source(importStream(runId), { initial: initialImportRun, evolve: evolveImportRun });
