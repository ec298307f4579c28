import { mintedId } from '../../libs/kernel/ids.ts';
import { workday } from './dates.ts';
import { programIdAt } from './ids.ts';
import { sizeOf, type Cohort } from './lives.ts';
import { officeOf, organizationIdAt, partners } from './partners.ts';
import type { Step } from './step.ts';
import { commandIdOf, Teller, type World } from './teller.ts';

/** What apprentices of a cohort may apply to: for their second year, or, after a change of enterprise, for the rest of it. */
export interface OpeningRef {
  readonly cohort: Cohort;
  readonly partner: number;
  readonly program: number;
  readonly late: boolean;
}

const strandOf = ({ cohort, partner, program, late }: OpeningRef): string =>
  `opening/${cohort}/${partner}/${program}${late ? '/late' : ''}`;

export const openingIdOf = ({ seed }: World, opening: OpeningRef): string =>
  mintedId(commandIdOf(seed, strandOf(opening), 0), 'opening');

/** Days of the apprenticeship; a late one takes its second half. */
export const spanOf = ({ cohort, late }: Pick<OpeningRef, 'cohort' | 'late'>): { from: string; to: string } => ({
  from: late ? `${cohort + 2}-03-02` : workday(`${cohort + 1}-09-07`),
  to: `${cohort + 2}-07-03`,
});

export function* openingStrand(world: World, opening: OpeningRef): Generator<Step, void> {
  const { cohort, partner, program, late } = opening;
  const tell = new Teller(world, strandOf(opening));
  const id = openingIdOf(world, opening);
  const published = workday(late ? `${cohort + 1}-12-08` : `${cohort + 1}-05-11`);
  const closesOn = late ? `${cohort + 1}-12-31` : `${cohort + 1}-06-12`;
  yield tell.step([published, 'dawn'], officeOf(world, partner), {
    on: 'opening',
    id,
    command: {
      type: 'PublishOpening',
      opening: {
        ...spanOf(opening),
        organizationId: organizationIdAt(world, partner),
        post: partners[partner]!.posts[program]!,
        programIds: [programIdAt(world, program)],
        places: Math.max(6, Math.ceil(sizeOf(world, cohort) / 20)),
        closesOn,
      },
    },
  });
  yield tell.step([workday(late ? `${cohort + 2}-01-12` : `${cohort + 1}-06-29`), 'dawn'], officeOf(world, partner), {
    on: 'opening',
    id,
    command: { type: 'CloseOpening' },
  });
}

export function openingsOf(cohort: Cohort): readonly OpeningRef[] {
  const of = (partner: number, late: boolean): readonly OpeningRef[] =>
    Object.keys(partners[partner]!.posts).map((program) => ({ cohort, partner, program: Number(program), late }));
  return [...[...partners.keys()].flatMap((partner) => of(partner, false)), ...of(0, true)];
}
