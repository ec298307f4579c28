import type { PlacementCommand } from '../../libs/contexts/apprenticeship/placement.ts';
import { mintedId } from '../../libs/kernel/ids.ts';
import { daysAfter, workday } from './dates.ts';
import { enrollmentIdOf } from './ids.ts';
import { classesOf, membersAt, type Cohort, type Life } from './lives.ts';
import { officeOf, organizationIdAt } from './partners.ts';
import type { Step } from './step.ts';
import { commandIdOf, Teller, type World } from './teller.ts';

/** Project placements in batches (批次实习): a season of sales, batch after batch, each handing over to the next; one forgot to. */

const seasons: readonly { readonly cohort: Cohort; readonly begins: string }[] = [
  { cohort: 2024, begins: '2025-10-13' },
  { cohort: 2025, begins: '2026-10-12' },
];

const daysOfBatch = 14;
const batches = 3;
/** Members, at most. */
const batchOf = 20;

export const placementStrands = (world: World): readonly Iterator<Step>[] => seasons.map((season) => seasonStrand(world, season));

function* seasonStrand(world: World, { cohort, begins }: (typeof seasons)[number]): Generator<Step, void> {
  const name = `placement/${cohort}`;
  const tell = new Teller(world, name);
  const office = officeOf(world, 0);
  const project = {
    zh: `双十一仓配与客服保障 ${begins.slice(0, 4)}`,
    en: `Double 11 fulfilment and service ${begins.slice(0, 4)}`,
  };
  const on = (day: string, id: string, command: PlacementCommand): Step =>
    tell.step([day, 'dawn'], office, { on: 'placement', id, command });
  const students = available(world, cohort, begins);
  const size = Math.min(batchOf, Math.floor(students.length / batches));

  let before: string | null = null;
  for (let n = 0; n < batches; n++) {
    const members = students.slice(n * size, (n + 1) * size).map((life) => enrollmentIdOf(world, life));
    if (members.length === 0) return;
    const day = daysAfter(begins, n * daysOfBatch);
    // Its id is that of the command that starts it, which is the next one.
    const id = mintedId(commandIdOf(world.seed, name, tell.next), 'placement');
    const until = workday(daysAfter(begins, (n + 1) * daysOfBatch));
    const organizationId = organizationIdAt(world, 0);
    yield on(day, id, { type: 'StartBatch', batch: { organizationId, project, members, follows: before, until } });
    // Between the second and the third of the first season nobody handed over.
    if (before !== null && !(cohort === 2024 && n === 2)) {
      yield on(day, before, { type: 'GiveHandover', placementId: before, to: id });
      yield on(day, before, { type: 'AcknowledgeHandover', placementId: before, other: id });
      yield on(daysAfter(day, 1), id, { type: 'AcknowledgeHandover', placementId: id, other: before });
    }
    if (before !== null) yield on(daysAfter(day, 1), before, { type: 'EndBatch' });
    before = id;
  }
  if (before !== null) yield on(daysAfter(begins, batches * daysOfBatch), before, { type: 'EndBatch' });
}

/** Students of logistics, and of the other programs where they are too few: those who are nobody's apprentices. */
function available(world: World, cohort: Cohort, day: string): readonly Life[] {
  const students: Life[] = [];
  for (const which of classesOf(world, cohort).toSorted((a, b) => Number(b.program === 1) - Number(a.program === 1))) {
    if (students.length >= batches * batchOf) break;
    if (!which.five)
      students.push(...membersAt(world, which, day).filter(({ fate, turn }) => fate === 'ordinary' && turn === null));
  }
  return students;
}
