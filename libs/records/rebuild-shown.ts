import { rebuildModes } from '../events/catalog/operations.ts';
import type { Ended, Run } from '../facts/rebuild.ts';
import type { DifferingRow } from '../projection/digest.ts';
import { coded } from './shown.ts';

/** Views are one for all institutions: that another one's administrator asked is told, and not who she is. */
export const runShown = (
  { run, mode, compare, version, live, institutionId, by, reason, ticket, startedAt }: Run,
  institution: string,
): object => {
  const own = institutionId === institution;
  return {
    run,
    mode: coded(mode, rebuildModes),
    compare,
    version,
    live,
    startedAt,
    by: { personId: own ? by.personId : null, role: by.role, institutionId: own ? institutionId : null },
    reason,
    ticket: own ? ticket : null,
  };
};

export const endedShown = ({ run, endedAt, ending }: Ended, institution: string): object => {
  const finished = ending.outcome === 'finished' ? ending : null;
  const failed = ending.outcome === 'failed' ? ending : null;
  return {
    ...runShown(run, institution),
    endedAt,
    outcome: ending.outcome,
    generation: finished?.generation ?? null,
    position: finished?.position ?? failed?.position ?? null,
    digests: finished?.digests ?? null,
    differing: finished?.differing ?? null,
    eventId: failed?.eventId ?? null,
    eventType: failed?.eventType ?? null,
  };
};

/** Rows as they are stored, sealed values sealed. Of another institution's row nothing but its table is told. */
export const differencesShown = (rows: readonly DifferingRow[], institution: string): readonly object[] =>
  rows.map(({ table, live, rebuilt }) => {
    const row = live ?? rebuilt;
    const own = row?.['institution_id'] === institution;
    const kind = live === null ? 'missing' : rebuilt === null ? 'extra' : 'changed';
    return { table, kind, live: own ? texts(live) : null, rebuilt: own ? texts(rebuilt) : null };
  });

/** Positions are whole numbers beyond JSON's. */
const texts = (row: DifferingRow['live']): object | null =>
  row &&
  Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, typeof value === 'bigint' ? value.toString() : value]),
  );
