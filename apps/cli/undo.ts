import { randomUUID } from 'node:crypto';
import { fill, type Language } from '../../libs/kernel/bilingual.ts';
import { CommandFailed, type Connection } from './connection.ts';
import { undoWords, words } from './words.ts';

export interface UndoArguments {
  readonly runId: string;
  /** The request to grant; undefined asks for one. */
  readonly grant: string | undefined;
  readonly language: Language;
}

interface Undone {
  readonly state: 'none' | 'requested' | 'under-way' | 'finished';
  readonly requestId: string | null;
  readonly digest: string | null;
  readonly takenBack: number;
  readonly kept: number;
  readonly rows: readonly { readonly row: number; readonly outcome: string; readonly reason: string | null }[];
  readonly next: string | null;
}

/** Asks that a run be taken back, or grants it. Exit codes: 0 all of it, 2 some rows stay. */
export async function undo(
  { runId, grant, language }: UndoArguments,
  connection: Connection,
  say: (line: string) => void,
): Promise<number> {
  const at = `/v1/imports/${encodeURIComponent(runId)}`;
  const line = (word: keyof typeof undoWords, facts: object = {}): void =>
    say(fill(undoWords[word][language], { ...facts, runId }));
  if (grant === undefined) {
    const { requestId } = await connection.post<Undone>(`${at}/request-undo`, randomUUID(), {});
    line('requested', { requestId });
    return 0;
  }
  // Asked of the run itself: the list of what waits may be behind a request that was made a moment ago.
  const { requestId, digest } = await connection.get<Undone>(`${at}/undo`);
  if (requestId !== grant) throw new CommandFailed(fill(undoWords.unknown[language], { requestId: grant }));
  const { state } = await connection.post<Undone>(`${at}/grant-undo`, randomUUID(), { requestId: grant, digest });
  if (state !== 'finished') {
    line('underWay');
    return 0;
  }
  for (let after: string | null = '0'; after !== null;) {
    const page: Undone = await connection.get<Undone>(`${at}/undo?after=${after}`);
    for (const { row, outcome, reason } of page.rows)
      if (outcome === 'kept') say(fill(words.warning[language], { row, text: reason }));
    after = page.next;
    if (after === null) line('done', { takenBack: page.takenBack, kept: page.kept });
    if (after === null && page.kept > 0) return 2;
  }
  return 0;
}
