// Packages of the contenders, in a folder of their own: whoever installs the product does not install its competitors.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ContenderName } from './harness.ts';

const folder = join(import.meta.dirname, 'peers');
const requirePeer = createRequire(join(folder, 'package.json'));
const npm = (...args: readonly string[]): Promise<unknown> =>
  promisify(execFile)('npm', [...args, '--prefix', folder], { cwd: folder, shell: process.platform === 'win32' });

/** A package of theirs; `T` is what is used of it. Throws where it is not installed. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-unnecessary-type-parameters -- packages that may not be installed cannot be typed by them
export const peer = <T>(name: string): T => requirePeer(name) as T;

/** Installs what is missing, exactly as locked. The native driver comes as a prebuilt binary or is compiled; either may fail. */
export async function installPeers(say: (line: string) => void): Promise<void> {
  if (!existsSync(join(folder, 'node_modules'))) {
    say('installing the contenders into test/bench/peers (once)');
    try {
      await npm('ci', '--ignore-scripts', '--no-audit', '--no-fund');
    } catch (error) {
      say(`!! they cannot be installed: ${lastLine(error)}`);
      return;
    }
  }
  if (usable('sqlite3') === null) return;
  say('building sqlite3 for emmett-sqlite (once; a minute where no binary can be downloaded)');
  try {
    await npm('rebuild', 'sqlite3');
  } catch (error) {
    say(`!! sqlite3 cannot be built: ${lastLine(error)}`);
  }
}

const lastLine = (error: unknown): string => (error instanceof Error ? error.message.trim().split('\n').at(-1)! : String(error));

function usable(name: string): string | null {
  try {
    peer(name);
    return null;
  } catch (error) {
    return `${name} cannot be loaded: ${error instanceof Error ? error.message.split('\n')[0]! : String(error)}`;
  }
}

const needs: Partial<Record<ContenderName, readonly string[]>> = {
  'emmett-sqlite': ['sqlite3', '@event-driven-io/emmett', '@event-driven-io/emmett-sqlite'],
  'emmett-postgresql': ['pg', '@event-driven-io/emmett', '@event-driven-io/emmett-postgresql'],
};

/** Why its packages cannot be used; null where they can. */
export const peerMissing = (name: ContenderName): string | null =>
  (needs[name] ?? []).map(usable).find((why) => why !== null) ?? null;
