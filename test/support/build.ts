import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules', '.cache', 'ledger-build');
/** Builds of other sources that are kept: somebody may be running one. */
const keptMs = 3_600_000;
const buildMs = 120_000;

let built: Promise<string> | undefined;

/** What is started of a build: the server's one file, the command as it was emitted. */
export const entryOf = (folder: string, app: 'ledger' | 'cli'): string =>
  join(folder, 'apps', app, app === 'ledger' ? 'server.js' : 'main.js');

/**
 * The folder of a build of the sources as they are now, by the project's own build. `dist` is left alone: it may be older, and somebody may
 * be running it or writing it. Builds are named by their sources, so that every worker of every run shares the first one.
 */
export const builtLedger = (): Promise<string> => (built ??= build());

async function build(): Promise<string> {
  const folder = join(cache, digestOfSources());
  mkdirSync(cache, { recursive: true });
  const lock = `${folder}.lock`;
  while (!existsSync(folder)) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (isAbandoned(lock)) rmSync(lock, { force: true });
      await wait(100);
      continue;
    }
    try {
      if (!existsSync(folder)) await compile(folder);
    } finally {
      rmSync(lock, { force: true });
    }
  }
  utimesSync(folder, new Date(), new Date());
  forgetOthers(folder);
  return folder;
}

/** Compiles beside and moves into place: who sees the folder sees all of it. */
async function compile(folder: string): Promise<void> {
  const draft = `${folder}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft);
  const up = relative(draft, root);
  const config = {
    extends: `${up}/tsconfig.build.json`,
    compilerOptions: { outDir: draft, rootDir: root, incremental: false },
    include: [`${up}/apps`, `${up}/libs`],
    exclude: [`${up}/**/*.spec.ts`],
  };
  writeFileSync(join(draft, 'tsconfig.json'), JSON.stringify(config));
  // Under node_modules no package.json of the project says what kind of modules these are.
  writeFileSync(join(draft, 'package.json'), '{"type":"module"}');
  const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  const args = [nest, 'build', 'ledger', '--path', relative(root, join(draft, 'tsconfig.json'))];
  try {
    await promisify(execFile)(process.execPath, args, { cwd: root, timeout: buildMs });
    await promisify(execFile)(process.execPath, [join(root, 'infra', 'bundle.mjs'), draft], { cwd: root, timeout: buildMs });
  } catch (error) {
    throw new Error(`the ledger does not build:\n${(error as { stdout?: string }).stdout ?? String(error)}`, { cause: error });
  }
  try {
    renameSync(draft, folder);
  } catch (error) {
    // Two that took an abandoned lock over at once built the same thing.
    if (!existsSync(folder)) throw error;
    rmSync(draft, { recursive: true, force: true });
  }
}

function digestOfSources(): string {
  const hash = createHash('sha256');
  const files = globSync(
    ['apps/**/*.ts', 'libs/**/*.ts', 'tsconfig*.json', 'nest-cli.json', 'package-lock.json', 'infra/*.mjs'],
    { cwd: root },
  );
  for (const file of files.filter((name) => !name.endsWith('.spec.ts')).toSorted()) {
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex').slice(0, 20);
}

function isAbandoned(lock: string): boolean {
  try {
    if (Date.now() - statSync(lock).mtimeMs > buildMs) return true;
    const pid = Number(readFileSync(lock, 'utf8'));
    if (pid > 0) process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function forgetOthers(folder: string): void {
  for (const name of globSync('*', { cwd: cache })) {
    const path = join(cache, name);
    if (path.startsWith(folder)) continue;
    try {
      if (Date.now() - statSync(path).mtimeMs > keptMs) rmSync(path, { recursive: true, force: true });
    } catch {
      // Another worker was faster.
    }
  }
}
