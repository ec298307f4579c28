import { open as openFile, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImportFormKind } from '../intake/import-kinds.ts';
import type { NearDuplicate } from '../intake/result-workbook.ts';
import { open, seal } from '../runtime/seal.ts';
import type { DataKey } from '../ports/key-vault.ts';
import type { Importer, ImportOptions } from './importing.ts';
import type { TableTold } from './reading-protocol.ts';

export type UploadStatus = 'waiting' | 'running' | 'paused' | 'finished' | 'cancelled' | 'failed';
export const isOver = (state: UploadStatus): boolean => state === 'finished' || state === 'cancelled' || state === 'failed';

/** What stands beside an uploaded file, in the clear: nothing of what it says, and not its name. */
export interface UploadState {
  readonly uploadId: string;
  /** By which it is asked for; a dry run's is its own. */
  readonly runId: string;
  readonly ordinal: number;
  readonly dryRun: boolean;
  readonly kind: ImportFormKind;
  readonly fileDigest: string;
  readonly bytes: number;
  readonly options: ImportOptions;
  readonly by: Importer;
  readonly acceptedAt: string;
  readonly endedAt: string | null;
  readonly status: UploadStatus;
  /** Set before the end is put on the log, with the run there: after a crash in between, the end alone is left to do. */
  readonly ending: { readonly status: 'finished' | 'cancelled'; readonly runOnLog: string } | null;
  /** Set before anything else is done about it: whatever comes between, the next start cancels it. */
  readonly cancelling: boolean;
  /** At the end. */
  readonly rows: number | null;
  readonly answered: number;
  readonly reached: number | null;
  readonly counts: Readonly<Record<string, number>>;
  /** Why it failed, or was paused by itself. */
  readonly failure: string | null;
}

/** Nothing more is to be taken; what is left is to say so on the log. */
export const isEnding = ({ ending, cancelling }: UploadState): boolean => ending !== null || cancelling;

/** What may tell of a person: sealed with the file's own key. */
export interface UploadSecret {
  readonly fileName: string;
  readonly language: 'zh' | 'en' | null;
  readonly failureFacts: Readonly<Record<string, unknown>>;
  readonly table: TableTold | null;
  readonly nearDuplicates: readonly NearDuplicate[] | null;
}

const stateFile = 'state.json';

/** Whoever reads it finds the old content or the new one, after a crash too. */
export async function saveState(folder: string, state: UploadState, secret: UploadSecret, key: DataKey): Promise<void> {
  const sealed = seal(secret, key, 'identity', state.uploadId);
  const draft = join(folder, `${stateFile}.draft`);
  const file = await openFile(draft, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify({ ...state, sealed }));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, join(folder, stateFile));
  await syncFolder(folder);
}

/** Null where it never came to one, or its key is gone. */
export async function loadState(
  folder: string,
  keyOf: (uploadId: string) => Promise<DataKey | 'erased'>,
): Promise<{ readonly state: UploadState; readonly secret: UploadSecret; readonly key: DataKey } | null> {
  const text = await readFile(join(folder, stateFile), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- saveState wrote it, in one step
  const { sealed, ...state } = JSON.parse(text) as UploadState & { readonly sealed: string };
  const key = await keyOf(state.uploadId);
  if (key === 'erased') return null;
  const opened = open(sealed, () => key, state.uploadId);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was sealed by saveState
  return opened === 'erased' ? null : { state, secret: opened.value as UploadSecret, key };
}

/** Makes names durable. Windows neither needs nor allows it. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await openFile(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
