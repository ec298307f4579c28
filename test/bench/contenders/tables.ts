// Tables of a view as every contender makes them: the view's own schema, first generation.
import { allViews } from '../../../libs/read-models/views.ts';
import { Naming, readNamed, writeNamed } from '../../../libs/projection/generations.ts';
import type { ReadQueries, ReadWrites } from '../../../libs/ports/read-store.ts';
import type { View } from '../../../libs/ports/view.ts';

export function viewNamed(name: string): View {
  const view = allViews.find((one) => one.name === name);
  if (view === undefined) throw new Error(`there is no view ${name}; there are: ${allViews.map((one) => one.name).join(', ')}`);
  return view;
}

export const schemaOf = (view: View): readonly string[] => view.schema.map((ddl) => ddl.replaceAll('_$g', '_g1'));
export const tablesOf = (view: View): readonly string[] => view.tables.map((table) => `${table}_g1`);
export const readsOf = (db: ReadQueries, view: View): ReadQueries => readNamed(db, new Naming([[view, 1]]));
export const writesOf = (db: ReadWrites, view: View): ReadWrites => writeNamed(db, new Naming([[view, 1]]));

export const takes = (view: View, stream: string, type: string): boolean =>
  (view.prefixes === undefined || view.prefixes.some((prefix) => stream.startsWith(prefix))) &&
  (view.types === undefined || view.types.includes(type));
