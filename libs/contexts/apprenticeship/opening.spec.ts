import { describe, it } from '@jest/globals';
import { enterprise, opened, published } from '../../../test/support/apprentices.ts';
import { examples, expectTable } from '../../../test/support/given.ts';
import { program } from '../../../test/support/histories.ts';
import { past } from '../../../test/support/past.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import { openingCommands } from './commands.ts';
import { opening, openingStream, type OpeningFacts } from './opening.ts';

const facts: OpeningFacts = { organization: enterprise, 'program-ecommerce': program };
const { given, seen } = examples(opening, facts, openingStream('opening'));

const publish = { type: 'PublishOpening', opening: opened } as const;

describe('an opening', () => {
  it('is published once, by an enterprise, for programs that there are', () => {
    given().when(publish).gives({ type: 'OpeningPublished', data: opened });
    given()
      .when(publish, { facts: { organization: null } })
      .refuses('ORGANIZATION_UNKNOWN', { organization: 'jiangnan' });
    given()
      .when(publish, { facts: { organization: { ...enterprise, kind: 'school' } } })
      .refuses('ORGANIZATION_NOT_ENTERPRISE', { kind: 'school' });
    given()
      .when(publish, { facts: { 'program-ecommerce': null } })
      .refuses('PROGRAM_UNKNOWN', { program: 'ecommerce' });
  });

  it('has its dates in order, and takes applications until a day to come', () => {
    given()
      .when({ type: 'PublishOpening', opening: { ...opened, to: '2026-03-01' } })
      .refuses('DATES_OUT_OF_ORDER', { from: '2026-03-02', to: '2026-03-01' });
    given()
      .when({ type: 'PublishOpening', opening: { ...opened, closesOn: '2026-03-09' } })
      .refuses('EXPIRY_PASSED', { expiresAt: '2026-03-09' });
    given()
      .when({ type: 'PublishOpening', opening: { ...opened, closesOn: '2026-03-10' } })
      .accepted();
  });

  it('is closed once', () => {
    given(...published)
      .when({ type: 'CloseOpening' })
      .gives({ type: 'OpeningClosed', data: {} });
    given().when({ type: 'CloseOpening' }).refuses('NOT_FOUND');
    given(past('2026-03-01', { type: 'OpeningPublished', data: opened }))
      .when({ type: 'CloseOpening' }, { on: '2026-02-28' })
      .refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
  });
});

it('the command table says what was seen', () => {
  expectTable(openingCommands, seen, [], commonRefusals);
});
