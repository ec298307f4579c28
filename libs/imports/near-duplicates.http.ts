import { Body, Controller, Inject, Param, Post, Req } from '@nestjs/common';
import { Told } from '../edge/command.ts';
import { NestedList, PlainDate, Text, Whole } from '../edge/fields.ts';
import { caughtUp } from '../edge/guard.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import type { NearDuplicate } from '../intake/result-workbook.ts';
import { refuse, type Refusal } from '../kernel/refusal.ts';
import { directory, sameNameAndBirth } from '../read-models/directory.ts';
import { peopleTogether, type PersonRead } from './near-duplicates.ts';
import { runSource } from './run.ts';

class PersonBody {
  @Whole(1, 10_000_000, { description: 'Row in the sheet; what is found of it carries it', example: 2 })
  row!: number;

  @Text(100, { example: '王芳' })
  name!: string;

  @PlainDate({ example: '2008-01-01' })
  birthDate!: string;

  @Text(64, { example: '440305200801010019' })
  idNumber!: string;
}

/** In a body, since names and numbers must not stand in addresses, which proxies log. */
export class PeopleBody {
  @NestedList(PersonBody, peopleTogether, { description: 'Of the rows of the run, at most 1,000' })
  people!: PersonBody[];
}

const patienceMs = 30_000;

/** What the directory says of these once it holds what was written before. Throws VIEW_BEHIND where it takes too long. */
export async function nearDuplicatesOf(
  parts: Parts,
  institutionId: string,
  people: readonly PersonRead[],
): Promise<readonly NearDuplicate[]> {
  await caughtUp(parts, [directory], patienceMs);
  const found = await parts.views.read(directory, (db) => sameNameAndBirth(db, institutionId, people));
  return found.map(({ of, others }) => ({ ...of, others })).toSorted((a, b) => a.row - b.row);
}

/** Who may be somebody on record already, for the summary of a result that a client writes itself. */
@Controller('v1/imports')
export class NearDuplicatesController {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  @Post(':id/near-duplicates')
  async findNearDuplicates(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() { people }: PeopleBody,
  ): Promise<Told | Refusal> {
    const { institution } = principalOf(request);
    const { state, institutionId } = await this.parts.transactor.load(runSource(id));
    if (state.started?.kind !== 'roster' || institutionId !== institution) return refuse('RUN_UNKNOWN');
    const found = await nearDuplicatesOf(this.parts, institution, people);
    // What was sent is not told again.
    const items = found.map(({ row, others }) => ({ row, others }));
    return new Told({ items }, { subjects: new Set(items.flatMap(({ others }) => others.map((one) => one.learnerId))).size });
  }
}
