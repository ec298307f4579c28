import { asOfInstant, Digits, Moment, Shaped } from '../edge/fields.ts';
import { principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import type { AsOf } from '../kernel/as-of.ts';

/** What queries have in common: pages, and as-of questions. */
export class Paged {
  @Digits(1, 500, { optional: true, example: '50' })
  limit?: string;

  @Shaped(
    /^[\w-]{1,400}$/,
    { zh: '须为上一页给出的游标。', en: 'must be the cursor that the page before gave.' },
    { optional: true, description: '`next` of the page before, with the same filters and sort' },
  )
  cursor?: string;
}

export class PagedThen extends Paged {
  @Moment({
    optional: true,
    description: 'What was believed then (an instant, or a day for its end): ask for it at /v1/as-of first',
  })
  recordedAsOf?: string;

  @Moment({ optional: true, description: 'What was true then (an instant, or a day for its end): ask for it at /v1/as-of first' })
  effectiveAsOf?: string;
}

export class Asked {
  @Moment({ optional: true, description: 'What was believed then: an instant, or a day for its end' })
  recordedAsOf?: string;

  @Moment({ optional: true, description: 'What was true then: an instant, or a day for its end' })
  effectiveAsOf?: string;
}

export const pagingOf = ({ limit, cursor }: Paged): { limit?: number; cursor?: string } => ({
  ...(limit ? { limit: Number(limit) } : {}),
  ...(cursor ? { cursor } : {}),
});

/** Without what was not asked. */
export const given = <T extends object>(asked: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)) as never;

export const zoneOf = (parts: Parts, request: EdgeRequest): string => parts.institutions.get(principalOf(request).institution)!;

export const asOfOf = (parts: Parts, request: EdgeRequest, { recordedAsOf, effectiveAsOf }: Asked): AsOf => {
  const zone = zoneOf(parts, request);
  return {
    ...(recordedAsOf ? { recordedAsOf: asOfInstant(recordedAsOf, zone) } : {}),
    ...(effectiveAsOf ? { effectiveAsOf: asOfInstant(effectiveAsOf, zone) } : {}),
  };
};
