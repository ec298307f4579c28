// A PostgreSQL server: the one that listens where one is expected, else one of our own in a temp folder.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { peer } from './peers.ts';

export interface Postgres {
  /** Of the server, without a database. */
  readonly url: string;
  /** Its url. */
  readonly create: () => Promise<string>;
  readonly empty: (database: string) => Promise<void>;
  readonly drop: (database: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What of `pg` is used here. */
interface Pg {
  readonly Client: new (options: { connectionString: string; connectionTimeoutMillis?: number }) => {
    connect(): Promise<void>;
    query(sql: string): Promise<{ rows: Record<string, unknown>[] }>;
    end(): Promise<void>;
  };
}

const run = promisify(execFile);

export async function openPostgres(): Promise<Postgres | { readonly missing: string }> {
  const listening = process.env['BENCH_POSTGRES'] ?? 'postgresql://postgres@127.0.0.1:5432';
  if (await answers(listening)) return over(listening, async () => {});
  try {
    return await started();
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    return { missing: `no PostgreSQL at ${listening} (BENCH_POSTGRES), and none could be started: ${why}` };
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await ask(url, 'SELECT 1');
    return true;
  } catch {
    return false;
  }
}

async function ask(server: string, sql: string): Promise<void> {
  const client = new (peer<Pg>('pg').Client)({ connectionString: `${server}/postgres`, connectionTimeoutMillis: 2000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function over(url: string, stop: () => Promise<void>): Postgres {
  const nameOf = (database: string): string => database.slice(database.lastIndexOf('/') + 1);
  const drop = (database: string): Promise<void> => ask(url, `DROP DATABASE IF EXISTS ${nameOf(database)} WITH (FORCE)`);
  return {
    url,
    create: async () => {
      const name = `ledger_bench_${randomBytes(6).toString('hex')}`;
      await ask(url, `CREATE DATABASE ${name}`);
      return `${url}/${name}`;
    },
    drop,
    empty: async (database) => {
      await drop(database);
      await ask(url, `CREATE DATABASE ${nameOf(database)}`);
    },
    close: stop,
  };
}

/** initdb and pg_ctl refuse to run as root: there they run as `postgres`. */
async function started(): Promise<Postgres> {
  const bin = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/pgsql']
    .filter((root) => existsSync(root))
    .flatMap((root) => [join(root, 'bin'), ...readdirSync(root).map((version) => join(root, version, 'bin'))])
    .findLast((folder) => existsSync(join(folder, 'initdb')));
  if (bin === undefined) throw new Error('no initdb was found');
  const folder = await mkdtemp(join(tmpdir(), 'ledger-bench-pg-'));
  const asPostgres = async (command: string, ...args: readonly string[]): Promise<void> => {
    const whole = [join(bin, command), ...args];
    await (userInfo().uid === 0
      ? run('runuser', ['-u', 'postgres', '--', ...whole], { cwd: folder })
      : run(whole[0]!, whole.slice(1), { cwd: folder }));
  };
  if (userInfo().uid === 0) await run('chown', ['postgres', folder]);
  const data = join(folder, 'data');
  const port = await freePort();
  await asPostgres('initdb', '-D', data, '-U', 'postgres', '--auth=trust', '--no-sync');
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c max_connections=200`;
  await asPostgres('pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), '-o', settings, 'start');
  return over(`postgresql://postgres@127.0.0.1:${port}`, async () => {
    await asPostgres('pg_ctl', '-D', data, '-m', 'fast', '-w', 'stop');
    await rm(folder, { recursive: true, force: true });
  });
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
