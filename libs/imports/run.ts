import type { ImportEvent } from '../events/catalog/enrollment.ts';
import type { Decider } from '../kernel/decider.ts';
import { leg, source, type Plan, type Source } from '../kernel/plan.ts';
import { refuse } from '../kernel/refusal.ts';

/** An import run: one reading of one file with one set of options. A row's command id extends the run's, so a killed run continues. */
export const importStream = (runId: string): string => `import-${runId}`;

type Content<T extends ImportEvent['type']> = Extract<ImportEvent, { type: T }>['data'];

export type ImportCommand =
  ({ readonly type: 'StartImport' } & Content<'ImportStarted'>) | ({ readonly type: 'FinishImport' } & Content<'ImportFinished'>);

export interface ImportRun {
  readonly started: Content<'ImportStarted'> | null;
  readonly finished: Content<'ImportFinished'> | null;
}

export const importRun: Decider<ImportRun, ImportCommand, ImportEvent> = {
  initial: { started: null, finished: null },
  evolve: (s, event) => {
    switch (event.type) {
      case 'ImportStarted':
        return { ...s, started: event.data };
      case 'ImportFinished':
        return { ...s, finished: event.data };
      default:
        return event satisfies never;
    }
  },
  decide: (s, { type, ...data }) => {
    if (type === 'StartImport') return s.started ? [] : [{ type: 'ImportStarted', data: data as Content<'ImportStarted'> }];
    if (!s.started) return refuse('RUN_UNKNOWN');
    return s.finished ? [] : [{ type: 'ImportFinished', data: data as Content<'ImportFinished'> }];
  },
};

export const runSource = (runId: string): Source<ImportRun> => source(importStream(runId), importRun);

export const planImport = (runId: string, command: ImportCommand): Plan => ({
  own: leg(importStream(runId), importRun, command),
  subjectId: () => null,
});
