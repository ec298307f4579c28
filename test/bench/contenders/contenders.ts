import type { ContenderName } from '../harness.ts';
import type { Contender } from './contender.ts';
import { emmettPostgresql } from './emmett-postgresql.ts';
import { emmettSqlite } from './emmett-sqlite.ts';
import { ours } from './ours.ts';
import { ourTables, raw, rawLog } from './raw.ts';

export const contenders: Readonly<Record<Exclude<ContenderName, 'scan'>, Contender>> = {
  ours,
  raw,
  'raw-our-tables': { ...raw, open: rawLog(ourTables) },
  'emmett-sqlite': emmettSqlite,
  'emmett-postgresql': emmettPostgresql,
};

export function contenderNamed(name: ContenderName): Contender {
  if (name === 'scan') throw new Error('a scan is no store');
  return contenders[name];
}
