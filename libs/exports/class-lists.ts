import { enrollmentStatuses } from '../events/catalog/enrollment.ts';
import { classFact } from '../facts/reference.ts';
import { sexes } from '../kernel/codes.ts';
import type { Language } from '../kernel/bilingual.ts';
import { identityOf, type RegisterRow } from '../read-models/register-lists.ts';
import type { Codec } from '../runtime/codec.ts';
import type { Transactor } from '../runtime/transact.ts';
import { erasedName } from './names.ts';
import { sheetNames, type Column, type Table } from './sheet.ts';

const columns = (language: Language): readonly Column[] =>
  ({
    zh: ['班级', '序号', '学号', '姓名', '性别', '学籍状态', '入学日期'],
    en: ['class', 'no.', 'student number', 'name', 'sex', 'status', 'entry date'],
  })[language].map((title, at) => (at === 6 ? { title, kind: 'date' } : at === 1 ? { title, kind: 'number' } : { title }));

/** What is kept of a student until her class's turn comes; the identity stays sealed until her row is written. */
type Member = Pick<RegisterRow, 'identity' | 'studentNumber' | 'status' | 'entryDate'>;

/** A table for each administrative class, by name; in it by student number. Students without a class stand in none. */
export async function classTables(
  { transactor, codec }: { readonly transactor: Transactor; readonly codec: Codec },
  pages: AsyncIterable<readonly RegisterRow[]>,
  language: Language,
): Promise<readonly Table[]> {
  const members = new Map<string, Member[]>();
  for await (const page of pages) {
    for (const { classId, identity, studentNumber, status, entryDate } of page) {
      if (classId === null) continue;
      const of = members.get(classId);
      const member = { identity, studentNumber, status, entryDate };
      if (of) of.push(member);
      else members.set(classId, [member]);
    }
  }
  const named = await Promise.all(
    Array.from(members, async ([classId, of]) => ({
      name: (await transactor.load(classFact(classId))).state?.name ?? classId,
      of: of.toSorted((a, b) => compare(a.studentNumber ?? '', b.studentNumber ?? '')),
    })),
  );
  const sheetName = sheetNames();
  const tables = named
    .toSorted((a, b) => compare(a.name, b.name))
    .map(({ name, of }) => ({
      name: sheetName(name),
      columns: columns(language),
      rows: rowsOf(name, of, codec, language),
    }));
  return tables.length > 0 ? tables : [{ name: sheetName(''), columns: columns(language), rows: [] }];
}

/** One by one: no more names are open than the one that is being written. */
function* rowsOf(className: string, members: readonly Member[], codec: Codec, language: Language): Generator<readonly string[]> {
  for (const [at, member] of members.entries()) yield cells(className, at + 1, member, codec, language);
}

function cells(
  className: string,
  number: number,
  { identity: sealed, studentNumber, status, entryDate }: Member,
  codec: Codec,
  language: Language,
): readonly string[] {
  const identity = identityOf(sealed, (token) => codec.reveal(token));
  const known = typeof identity === 'object' ? identity : null;
  return [
    className,
    String(number),
    studentNumber ?? '',
    known?.name ?? erasedName[language],
    sexes.find(({ code }) => code === known?.sex)?.[language] ?? '',
    enrollmentStatuses[status][language],
    entryDate,
  ];
}

const compare = (a: string, b: string): number => a.localeCompare(b, 'zh', { numeric: true });
