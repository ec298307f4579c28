/**
 * `npm run simulate -- --seed N` replays one world with its story · `--seed N --shrink` tells the smallest world that breaks the same promise ·
 * `--minutes M` explores until then (`--from`, `--count`) · `--plant NAME` with a planted bug, in its kind of world, see plants/plants.ts ·
 * `--world NAME` says the kind of world (see realms.ts): the first of them where one seed is named, otherwise all in turn.
 */
import { digestOfStory, reportOf } from './report.ts';
import { realmNames, type RealmName } from './realms.ts';
import { planOf } from './seeds.ts';
import { Tally } from './tally.ts';
import { runWorld } from './world.ts';
import { plants } from './plants/plants.ts';

const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};

const plant = plants.find((p) => p.name === option('plant')) ?? null;
const named = realmNames.find((name) => name === option('world')) ?? plant?.world;
const started = performance.now();

if (process.argv.includes('--shrink')) {
  console.log(await reportOf(Number(option('seed')), named ?? realmNames[0]!, { plant }));
} else if (option('seed') !== undefined) {
  const outcome = await runWorld(planOf(Number(option('seed')), named ?? realmNames[0]!), { plant, trace: true });
  console.log(outcome.story.join('\n'));
  console.log(`\nits story has the digest ${digestOfStory(outcome.story)}`);
  console.log(outcome.failure ? `${outcome.failure.rule}: ${outcome.failure.message}` : 'every promise held');
  process.exitCode = outcome.failure ? 1 : 0;
} else {
  const first = Number(option('from') ?? 1);
  const count = Number(option('count') ?? Infinity);
  const until = started + 60_000 * Number(option('minutes') ?? (count === Infinity ? 1 : 600));
  const tally = new Tally();
  const failures = new Map<string, number[]>();
  let worlds = 0;
  const explore = async (realm: RealmName, seed: number): Promise<void> => {
    const outcome = await runWorld(planOf(seed, realm), { plant });
    tally.addAll(outcome.tally);
    worlds++;
    if (!outcome.failure) return;
    const kind = `${realm}: ${outcome.failure.rule}`;
    const seeds = failures.get(kind) ?? [];
    failures.set(kind, [...seeds, seed]);
    if (seeds.length < 3) console.log(`--world ${realm} --seed ${seed}: ${outcome.failure.message}`);
  };
  for (let seed = first; seed < first + count && performance.now() < until; seed++) {
    for (const realm of named ? [named] : realmNames) await explore(realm, seed);
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`\n${worlds} worlds in ${seconds.toFixed(1)} s (${(worlds / seconds).toFixed(1)} worlds/s)`);
  for (const [what, n] of [...tally.counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`${String(n).padStart(9)}  ${what}`);
  for (const [rule, seeds] of failures) console.log(`FAILED ${rule}: ${seeds.length} seeds: ${seeds.slice(0, 10).join(' ')}`);
  process.exitCode = failures.size > 0 ? 1 : 0;
}
