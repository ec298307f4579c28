import { Controller, Get, Inject, Query, Req } from '@nestjs/common';
import { Told } from '../edge/command.ts';
import { Digits, Shaped } from '../edge/fields.ts';
import { viewNamed } from '../edge/guard.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { parkedShown } from './parked-shown.ts';

export class ParkedAsked {
  @Shaped(
    /^[a-z-]{1,40}$/,
    { zh: '须为视图名称。', en: 'must be the name of a view.' },
    { optional: true, example: 'enrollment-register', description: 'One view; all of them where absent' },
  )
  view?: string;

  @Digits(1, 1_000, { optional: true, example: '100', description: 'At most so many, 100 where absent' })
  limit?: string;
}

/** What the rows of views lack: events at which a fold failed, and where their keys stand. */
@Controller('v1/views')
export class ParkedRecords {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  @Get('parked')
  async listParked(@Req() request: EdgeRequest, @Query() { view, limit }: ParkedAsked): Promise<Told> {
    const { views, store } = this.parts;
    if (view !== undefined) viewNamed(this.parts, view);
    const { total, items } = await views.parked(view ?? null, Number(limit ?? 100));
    const { institution } = principalOf(request);
    return new Told({ items: items.map((one) => parkedShown(one, institution)), total }, { position: await store.head() });
  }
}
