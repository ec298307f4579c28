import { idNumberValue } from '../../libs/contexts/enrollment/gates.ts';
import { mintedId } from '../../libs/kernel/ids.ts';
import { apprenticeStrand } from './contract.ts';
import { beforeStrand, importedContract, importStrand, importStrands } from './before.ts';
import { classStrand } from './classes.ts';
import { storyBegins, workday } from './dates.ts';
import { Dice } from './dice.ts';
import type { Entrance } from './director.ts';
import { classesOf, cohorts, lifeOf, sizeOf, type Cohort, type Life } from './lives.ts';
import { merged } from './merged.ts';
import { zhou } from './office.ts';
import { openingsOf, openingStrand } from './openings.ts';
import { partnersStrand } from './partners.ts';
import { personOf } from './people.ts';
import { placementStrands } from './placements.ts';
import { referenceStrand } from './reference.ts';
import { resultsStrand } from './results.ts';
import { staffStrands } from './staff.ts';
import { statusStrand } from './status.ts';
import type { Saying, Step, Strand } from './step.ts';
import { commandIdOf, Teller, type World } from './teller.ts';

/** Everybody who enters the story, and when. */
export function entrancesOf(world: World): readonly Entrance[] {
  const students = (cohort: Cohort): Entrance => ({
    on: cohort === 2023 ? '2024-08-25' : `${cohort}-08-01`,
    strands: () => learners(world, cohort),
  });
  const classes = (cohort: Cohort): Entrance => ({
    on: cohort === 2023 ? '2024-08-20' : `${cohort}-08-20`,
    strands: () => classesOf(world, cohort).map((which) => classStrand(world, which)),
  });
  const openings = (cohort: Cohort): Entrance => ({
    on: `${cohort + 1}-05-01`,
    strands: () => openingsOf(cohort).map((opening) => openingStrand(world, opening)),
  });
  return [
    { on: storyBegins, strands: () => [referenceStrand(world), partnersStrand(world), ...staffStrands(world, 'school')] },
    { on: '2024-08-20', strands: () => importStrands(world) },
    { on: '2025-04-01', strands: () => [...staffStrands(world, 'enterprise'), importStrand(world, 'contracts')] },
    { on: '2024-09-01', strands: () => [duplicateStrand(world)] },
    { on: '2025-10-01', strands: () => placementStrands(world) },
    ...cohorts.map(classes),
    ...cohorts.map(students),
    ...([2024, 2025] as const).map(openings),
  ];
}

function* learners(world: World, cohort: Cohort): Generator<Strand, void> {
  for (let index = 0; index < sizeOf(world, cohort); index++) yield learnerStrand(world, lifeOf(world, cohort, index));
}

/** All that is ever said of one learner. */
function learnerStrand(world: World, life: Life): Strand {
  const status = life.cohort === 2023 ? beforeStrand(world, life) : statusStrand(world, life);
  const apprentice = life.cohort === 2023 ? importedContract(world, life) : apprenticeStrand(world, life);
  return merged([status, apprentice, resultsStrand(world, life)]);
}

/** Somebody identified who was known already, and annulled: her number is free again. */
function* duplicateStrand(world: World): Generator<Step, void> {
  const tell = new Teller(world, 'duplicate');
  const id = mintedId(commandIdOf(world.seed, 'duplicate', 0), 'learner');
  const identity = personOf(new Dice(world.seed, 'duplicate'), { from: '2005-09-01', index: 1, region: '449998' });
  const idClaim = world.claims.streamOf('id-number', idNumberValue(identity));
  const on = (command: Extract<Saying, { on: 'learner' }>['command']): Saying => ({ on: 'learner', id, command });
  const day = workday('2024-09-10');
  yield tell.step([day, 'morning'], zhou, on({ type: 'IdentifyLearner', identity, contact: null, idClaim, source: null }));
  const reason = { code: 'entered-twice' };
  yield tell.step([day, 'afternoon'], zhou, on({ type: 'AnnulLearner' }), { reason });
}
