import type { RebuildEvent, RebuildMode } from '../../events/catalog/operations.ts';
import { evolveRebuilding, neverRebuilt, rebuildStream, type Rebuilding } from '../../facts/rebuild.ts';
import type { Circumstances, Decider, Decision } from '../../kernel/decider.ts';
import { leg, type Plan } from '../../kernel/plan.ts';
import { refuse } from '../../kernel/refusal.ts';

/** Rebuilds of one view: who asked, and what became of it. The projector does the work and is told by what stands here. */
export { rebuildStream } from '../../facts/rebuild.ts';

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** How the view stood when it was asked for. */
export interface Standing {
  /** Of its fold in code. */
  readonly version: number;
  /** Generation that readers use. */
  readonly live: number;
}

export type RebuildCommand =
  | ({
      readonly type: 'StartRebuild';
      readonly mode: RebuildMode;
      readonly compare: boolean;
      readonly ticket: string | null;
    } & Standing)
  | ({ readonly type: 'RetryRebuild' } & Standing)
  | { readonly type: 'PauseRebuild' }
  | { readonly type: 'ResumeRebuild' }
  /** `outdated`: the live rows are those of another release, so that somebody has to rebuild them. */
  | { readonly type: 'CancelRebuild'; readonly ticket: string | null; readonly outdated: boolean }
  | ({ readonly type: 'FinishRebuild' } & Extract<RebuildEvent, { type: 'RebuildFinished' }>['data'])
  | ({ readonly type: 'FailRebuild' } & Extract<RebuildEvent, { type: 'RebuildFailed' }>['data']);

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

type K = Circumstances;
type C<T extends RebuildCommand['type']> = Extract<RebuildCommand, { type: T }>;
type RebuildDecision = Decision<RebuildEvent>;

/** Two who start the same rebuild get one; another kind of rebuild waits for its end. */
function start(s: Rebuilding, { type: _type, ...asked }: C<'StartRebuild'>, k: K): RebuildDecision {
  if (s.run === null) return [{ type: 'RebuildStarted', data: { run: k.commandId, ...asked } }];
  return s.run.mode === asked.mode ? [] : refuse('REBUILD_RUNNING', { run: s.run.run, mode: s.run.mode });
}

/** What failed last, once more. */
function retry(s: Rebuilding, { version, live }: C<'RetryRebuild'>, k: K): RebuildDecision {
  if (s.run !== null) return [];
  const [last] = s.ended;
  if (last?.ending.outcome !== 'failed') return refuse('REBUILD_NOT_FAILED', { last: last?.ending.outcome ?? null });
  const { mode, compare, ticket } = last.run;
  return [{ type: 'RebuildStarted', data: { run: k.commandId, mode, compare, version, live, ticket } }];
}

/** Once for every run. One that was swapped in before its cancellation was heard did finish, and so did one that went on after it failed. */
function finish(s: Rebuilding, { type: _type, ...data }: C<'FinishRebuild'>): RebuildDecision {
  const over = s.ended.find((one) => one.run.run === data.run);
  const open = s.run?.run === data.run || (over !== undefined && over.ending.outcome !== 'finished');
  return open ? [{ type: 'RebuildFinished', data }] : [];
}

function decide(s: Rebuilding, c: RebuildCommand, k: K): RebuildDecision {
  switch (c.type) {
    case 'StartRebuild':
      return start(s, c, k);
    case 'RetryRebuild':
      return retry(s, c, k);
    case 'PauseRebuild':
      if (s.run === null) return refuse('REBUILD_NOT_RUNNING');
      return s.status === 'paused' ? [] : [{ type: 'RebuildPaused', data: { run: s.run.run } }];
    case 'ResumeRebuild':
      if (s.run === null) return refuse('REBUILD_NOT_RUNNING');
      return s.status === 'running' ? [] : [{ type: 'RebuildResumed', data: { run: s.run.run } }];
    case 'CancelRebuild':
      if (s.run === null) return s.ended[0]?.ending.outcome === 'cancelled' ? [] : refuse('REBUILD_NOT_RUNNING');
      if (c.outdated && s.run.mode === 'swap') return refuse('REBUILD_NEEDED', { version: s.run.version });
      return [{ type: 'RebuildCancelled', data: { run: s.run.run, ticket: c.ticket } }];
    case 'FinishRebuild':
      return finish(s, c);
    case 'FailRebuild': {
      const { type: _type, ...data } = c;
      return s.run?.run === data.run ? [{ type: 'RebuildFailed', data }] : [];
    }
    default:
      return c satisfies never;
  }
}

export const rebuild: Decider<Rebuilding, RebuildCommand, RebuildEvent> = {
  initial: neverRebuilt,
  evolve: evolveRebuilding,
  decide,
};

// ── plan ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Administrators of every institution write this stream: the view is theirs together. */
export const planRebuild = (view: string, command: RebuildCommand): Plan => ({
  own: leg(rebuildStream(view), rebuild, command),
  shared: true,
  subjectId: () => null,
});
