// npm run bench -- [task …] [--events N …]: a table, then one JSON line per contender and task. See README.md beside this file.
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { jsonOf, isSound, runTask, tableOf, type Line, type Missing, type Options } from './harness.ts';
import { builtLedger } from '../support/build.ts';
import { installPeers, peerMissing } from './peers.ts';
import { openPostgres } from './postgres.ts';
import { tasks } from './tasks/tasks.ts';

const usage = `npm run bench -- [${Object.keys(tasks).join('] [')}] [options]

  --rounds N     rounds, in which contenders alternate (3)
  --seconds N    length of a round where time bounds it (2)
  --events N     events of the log that is rebuilt (20000); memory takes it and five times it
  --learners N   learners of the log, and of the query (as many as have 20 attempts each; query: 2000)
  --view NAME    view that is rebuilt (transcript)
  --seed N       of the generated lives (1)
  --data FOLDER  a ledger's events instead of generated ones (it is copied; stop its server before)
  --without A,B  contenders left out
`;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '2' },
      events: { type: 'string', default: '20000' },
      learners: { type: 'string' },
      view: { type: 'string', default: 'transcript' },
      seed: { type: 'string', default: '1' },
      data: { type: 'string' },
      without: { type: 'string', default: '' },
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => !Object.hasOwn(tasks, name));
  if (unknown.length > 0 || values.help) {
    if (unknown.length > 0) say(`no task ${unknown.join(', ')}`);
    say(usage);
    return values.help ? 0 : 2;
  }
  const options: Options = {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    events: Number(values.events),
    learners: values.learners === undefined ? null : Number(values.learners),
    view: values.view,
    seed: Number(values.seed),
    data: values.data ?? null,
    without: values.without.split(',').filter((name) => name !== ''),
  };
  if (![options.rounds, options.seconds, options.events, options.learners ?? 1].every((n) => n > 0)) {
    say(usage);
    return 2;
  }
  await installPeers(say);
  process.env['BENCH_DIST'] ??= await builtLedger();
  const postgres = await openPostgres();
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stopped.abort(new Error(`stopped by ${signal}`)));
  const lines: (Line | Missing)[] = [];
  try {
    say(machine());
    for (const [name, group] of Object.entries(tasks)) {
      if (positionals.length > 0 && !positionals.includes(name)) continue;
      for (const task of group)
        lines.push(...(await runTask(task, { options, postgres, peerMissing, say, signal: stopped.signal })));
    }
  } finally {
    if ('url' in postgres) await postgres.close();
  }
  console.log(`\n${machine()}\n\n${tableOf(lines)}\n`);
  for (const line of lines) console.log(jsonOf(line));
  for (const line of plain(lines)) console.log(line);
  return isSound(lines) ? 0 : 1;
}

const machine = (): string => {
  const [one] = cpus();
  const load = loadavg().map((value) => value.toFixed(2));
  return `${cpus().length} × ${one?.model ?? 'cpu'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, load ${load.join(' ')}`;
};

/** The first benchmark's lines, which others read: ours beside raw, 64 clients. Always last. */
function plain(lines: readonly (Line | Missing)[]): string[] {
  return ['append', 'append-http'].flatMap((task) => {
    const of = (contender: string): Line | undefined =>
      lines.find(
        (line): line is Line =>
          'rate' in line && line.task === task && line.contender === contender && line.variant['clients'] === 64,
      );
    const [us, raw, same] = [of('ours'), of('raw'), of('raw-our-tables')];
    if (us === undefined || raw === undefined) return [];
    const ratio = (to: Line): number => Number((us.rate / to.rate).toFixed(3));
    return JSON.stringify({
      task,
      ours: Math.round(us.rate),
      raw: Math.round(raw.rate),
      ratio: ratio(raw),
      ...(same ? { rawOurTables: Math.round(same.rate), ratioOurTables: ratio(same) } : {}),
    });
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
