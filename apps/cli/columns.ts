import { fieldNamed, type SheetForm, type Table } from '../../libs/intake/table.ts';
import { fill, type Language } from '../../libs/kernel/bilingual.ts';
import { CommandFailed, type Connection } from './connection.ts';
import { kinds, type ImportKind } from './import-kinds.ts';
import { words } from './words.ts';

/** A header of the sender's, and the field that it is read as; an empty one is not read. */
export interface ColumnSaid {
  readonly header: string;
  readonly field: string;
}

export interface Columns {
  /** What is to be remembered with the run, by header; null where there is nothing to say. */
  readonly said: readonly ColumnSaid[] | null;
  readonly fields: ReadonlyMap<string, string | null>;
}

/**
 * What `--map` says, on top of what the institution's last import of this kind said. `--map ''` forgets that. Throws CommandFailed for a field
 * that there is not.
 */
export async function columnsOf(
  kind: ImportKind,
  given: readonly string[],
  connection: Connection,
  language: Language,
): Promise<Columns> {
  const form: SheetForm = kinds[kind].form;
  const forgotten = given.includes('');
  const { columns } = forgotten
    ? { columns: [] }
    : await connection.get<{ columns: readonly (ColumnSaid & { kind: string })[] }>('/v1/imports/columns');
  const fields = new Map(columns.filter((column) => column.kind === kind).map(({ header, field }) => [header, field]));
  for (const said of given.filter((one) => one !== '')) {
    const [, header = '', name = ''] = /^(.+)=([^=]*)$/s.exec(said) ?? [];
    if (header.trim() === '') throw new CommandFailed(fill(words.badArguments[language], { why: `--map '${said}'` }));
    const field = name.trim() === '' ? '' : fieldNamed(form, name);
    if (field === undefined)
      throw new CommandFailed(
        fill(words.noField[language], { name, fields: form.fields.map(({ zh, en }) => (language === 'zh' ? zh[0] : en[0])) }),
      );
    fields.set(header.trim(), field);
  }
  const said = [...fields].map(([header, field]) => ({ header, field })).toSorted((a, b) => (a.header < b.header ? -1 : 1));
  return {
    said: said.length > 0 || forgotten ? said : null,
    fields: new Map(said.map(({ header, field }) => [header, field === '' ? null : field])),
  };
}

/** Which columns of the table were read as something that their headers do not say. */
export const columnsTold = ({ headers }: Table, form: SheetForm, { fields }: Columns): { header: string; field: string }[] =>
  Object.entries(headers).flatMap(([field, header]) =>
    header !== undefined && fields.get(header) === field
      ? [{ header, field: form.fields.find((known) => known.field === field)?.zh[0] ?? field }]
      : [],
  );
