import { parseArgs } from 'node:util';
import { instant } from '../../libs/kernel/time.ts';
import { settingsOf, StartRefused } from '../ledger/settings.ts';
import { momentOf, storyEnds } from './dates.ts';
import { Director, StoryBroken } from './director.ts';
import { openStage } from './stage.ts';
import { entrancesOf } from './story.ts';
import { farewell, ProgressLine } from './summary.ts';
import { worldOf } from './teller.ts';

/** `npm run demo`: fills an empty ledger with the story of a college, through the same deciders as every command. */

const defaults = { learners: '300', seed: '20240901' };

function whole(name: string, text: string, from: number, to: number): number {
  const n = Number(text);
  if (/^\d+$/.test(text) && n >= from && n <= to) return n;
  throw new StartRefused(`--${name} ${text}：须为 ${from} 至 ${to} 的整数。 must be a whole number from ${from} to ${to}`);
}

/** What was asked on the command line. A hundred and twenty learners are needed for everything to happen to somebody. */
function asked(): { readonly learners: number; readonly seed: number } {
  const options = { learners: { type: 'string' }, seed: { type: 'string' } } as const;
  try {
    const { values } = parseArgs({ options });
    return {
      learners: whole('learners', values.learners ?? defaults.learners, 120, 100_000),
      seed: whole('seed', values.seed ?? defaults.seed, 0, 2 ** 31 - 1),
    };
  } catch (fault) {
    if (fault instanceof StartRefused) throw fault;
    throw new StartRefused(`${(fault as Error).message}; npm run demo -- [--learners N] [--seed N]`);
  }
}

async function demo(): Promise<void> {
  const { learners, seed } = asked();
  const { folder, institutions } = settingsOf(process.env);
  const [[institutionId, zone] = ['college', 'Asia/Shanghai']] = institutions;
  const stage = await openStage(folder, process.env, learners);
  try {
    const world = worldOf(stage.vault, { seed, learners, institutionId, zone });
    const line = new ProgressLine(stage.tally);
    // Nothing is recorded in a time that has not come.
    const until = Math.min(momentOf(storyEnds, 'evening', zone), Date.now());
    const director = new Director(stage, world);
    await director.play({ entrances: entrancesOf(world), until, onHour: (at) => line.show(instant(at)) });
    line.clear();
    process.stdout.write(farewell(world, stage.tally, folder, line.seconds));
  } finally {
    await stage.close();
  }
}

try {
  await demo();
} catch (fault) {
  if (!(fault instanceof StartRefused) && !(fault instanceof StoryBroken)) throw fault;
  process.stderr.write(`demo: ${fault.message}\n`);
  process.exitCode = 1;
}
