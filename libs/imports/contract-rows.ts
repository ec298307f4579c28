import type { ContractRow } from '../intake/contracts.ts';
import { refuse } from '../kernel/refusal.ts';
import { refusedRow, type ImportDeps, type RowImporter } from './importing.ts';

export const contractRows = (_deps: ImportDeps): RowImporter<ContractRow> => ({
  turnOf: () => '',
  open: () => (row) => Promise.resolve(refusedRow(row, refuse('NOT_FOUND'))),
});
