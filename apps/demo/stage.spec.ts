import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { momentOf } from './dates.ts';
import { Director } from './director.ts';
import { zhou } from './office.ts';
import { openStage, type Stage } from './stage.ts';
import type { Saying, Step } from './step.ts';
import { Teller, worldOf, type World } from './teller.ts';

const zone = 'Asia/Shanghai';
const university: Saying = {
  on: 'partnership',
  command: {
    type: 'RegisterOrganization',
    creditCode: '12449900400000001X',
    name: { zh: '某校', en: 'A school' },
    kind: 'school',
  },
};

let folder: string;
let stage: Stage;
let world: World;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-'));
  stage = await openStage(folder, {});
  world = worldOf(stage.vault, { seed: 1, learners: 120, institutionId: 'college', zone });
});
afterEach(async () => {
  await stage.close();
  await rm(folder, { recursive: true });
});

const play = (...steps: readonly Step[]): Promise<void> =>
  new Director(stage, world).play({
    entrances: [{ on: '2024-07-08', strands: () => [steps.values()] }],
    until: momentOf('2024-07-31', 'evening', zone),
  });

const telling = (say: (tell: Teller) => Step): Step => say(new Teller(world, 'test'));

describe('a folder', () => {
  it('that is in use is left alone', async () => {
    await expect(openStage(folder, {})).rejects.toThrow(/another process is writing/);
  });

  it('that holds events is not played on', async () => {
    await play(telling((tell) => tell.step(['2024-07-09', 'dawn'], zhou, university)));
    await stage.close();
    await expect(openStage(folder, {})).rejects.toThrow(/holds events already/);
    stage = await openStage(join(folder, 'another'), {});
  });
});

describe('a story that is wrong breaks off, and says where', () => {
  it('where the ledger refuses a step', async () => {
    const unknown: Saying = { on: 'learner', id: 'nobody', command: { type: 'AnnulLearner' } };
    const step = telling((tell) => tell.step(['2024-07-09', 'noon'], zhou, unknown));
    await expect(play(step)).rejects.toThrow(
      /2024-07-09.*AnnulLearner on learner-nobody by registrar zhou-min was refused: NOT_FOUND/,
    );
  });

  it('where a step says nothing new', async () => {
    const twice = new Teller(world, 'test');
    const steps = (['dawn', 'noon'] as const).map((hour) => twice.step(['2024-07-09', hour], zhou, university));
    await expect(play(...steps)).rejects.toThrow(/says nothing new/);
  });

  it('where it goes back in time', async () => {
    const back = new Teller(world, 'test');
    const steps = (['2024-07-09', '2024-07-08'] as const).map((day) => back.step([day, 'dawn'], zhou, university));
    await expect(play(...steps)).rejects.toThrow(/comes too late/);
  });
});
