import type { RebuildEvent } from '../events/catalog/operations.ts';
import type { Actor, Recorded } from '../kernel/decider.ts';
import { source, type Source } from '../kernel/plan.ts';

export type { RebuildMode } from '../events/catalog/operations.ts';

/** What the rebuilds of one view add up to: one fold for decisions, for the process that carries them out, and for whoever asks. */
export const rebuildStream = (view: string): string => `rebuild-${view}`;

// ── state ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Data<T extends RebuildEvent['type']> = Extract<RebuildEvent, { type: T }>['data'];

/** A rebuild that somebody asked for. */
export interface Run extends Data<'RebuildStarted'> {
  readonly institutionId: string;
  readonly by: Actor;
  /** Code of the reason. */
  readonly reason: string | null;
  readonly startedAt: string;
}

export type Ending =
  | ({ readonly outcome: 'finished' } & Omit<Data<'RebuildFinished'>, 'run'>)
  | ({ readonly outcome: 'failed' } & Omit<Data<'RebuildFailed'>, 'run'>)
  | { readonly outcome: 'cancelled'; readonly by: Actor; readonly reason: string | null; readonly ticket: string | null };

/** A run that is over, and how it ended. */
export interface Ended {
  readonly run: Run;
  readonly endedAt: string;
  readonly ending: Ending;
}

export interface Rebuilding {
  readonly status: 'idle' | 'running' | 'paused';
  readonly run: Run | null;
  /** Runs that are over, the last one first; as many as are shown. */
  readonly ended: readonly Ended[];
}

export const neverRebuilt: Rebuilding = { status: 'idle', run: null, ended: [] };

const shownRuns = 20;

// ── evolve ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The last word on a run stands: a cancellation that came after the swap gives way to what was done. */
function end(s: Rebuilding, e: Recorded<RebuildEvent>, ending: Ending): Rebuilding {
  const run = s.run?.run === e.data.run ? s.run : s.ended.find((one) => one.run.run === e.data.run)?.run;
  if (!run) return s;
  const others = s.ended.filter((one) => one.run.run !== run.run);
  const ended = [{ run, endedAt: e.recordedAt, ending }, ...others].slice(0, shownRuns);
  return s.run?.run === run.run ? { status: 'idle', run: null, ended } : { ...s, ended };
}

export function evolveRebuilding(s: Rebuilding, e: Recorded<RebuildEvent>): Rebuilding {
  const ofRun = s.run?.run === e.data.run;
  const { run: _run, ...said } = e.data;
  switch (e.type) {
    case 'RebuildStarted': {
      const { institutionId, actor: by, reason, recordedAt: startedAt } = e;
      return { ...s, status: 'running', run: { ...e.data, institutionId, by, reason: reason?.code ?? null, startedAt } };
    }
    case 'RebuildPaused':
      return ofRun ? { ...s, status: 'paused' } : s;
    case 'RebuildResumed':
      return ofRun ? { ...s, status: 'running' } : s;
    case 'RebuildCancelled':
      return end(s, e, { outcome: 'cancelled', by: e.actor, reason: e.reason?.code ?? null, ticket: e.data.ticket });
    case 'RebuildFinished':
      return end(s, e, { outcome: 'finished', ...(said as Omit<Data<'RebuildFinished'>, 'run'>) });
    case 'RebuildFailed':
      return end(s, e, { outcome: 'failed', ...(said as Omit<Data<'RebuildFailed'>, 'run'>) });
    default:
      return e satisfies never;
  }
}

export const rebuildingOf = (view: string): Source<Rebuilding> =>
  source(rebuildStream(view), { initial: neverRebuilt, evolve: evolveRebuilding });
