import { parentPort, workerData } from 'node:worker_threads';
import { VaultFault } from '../../ports/vault-fault.ts';
import type { FromVaultWriter, ToVaultWriter, VaultWriterOptions } from './key-vault-protocol.ts';
import { VaultWriter } from './key-vault-writer.ts';

const port = parentPort!;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- VaultThread alone starts this file
const options = workerData as VaultWriterOptions;

try {
  serve(new VaultWriter(options));
  answer({ kind: 'ready' });
} catch (error) {
  answer(failed(error));
}

function serve(writer: VaultWriter): void {
  port.on('message', (message: ToVaultWriter) => {
    if (message.kind === 'close') {
      writer.close();
      port.close();
    } else void perform(writer, message);
  });
}

async function perform(writer: VaultWriter, message: Exclude<ToVaultWriter, { readonly kind: 'close' }>): Promise<void> {
  const { request } = message;
  try {
    if (message.kind === 'mint') answer({ kind: 'minted', request, ...writer.mint(message.wanted) });
    else answer({ kind: 'shredded', request, shredded: await writer.shred(message.subjectId, message.purposes) });
  } catch (error) {
    answer({ ...failed(error), request });
  }
}

function failed(error: unknown): FromVaultWriter & { readonly kind: 'failed' } {
  if (error instanceof VaultFault) return { kind: 'failed', code: error.code, message: error.message, facts: error.facts };
  return { kind: 'failed', code: 'VAULT_BROKEN', message: error instanceof Error ? error.message : String(error), facts: {} };
}

function answer(message: FromVaultWriter): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  port.postMessage(message);
}
