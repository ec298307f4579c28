import { describe, expect, it } from '@jest/globals';
import { examples, expectTable } from '../../../test/support/given.ts';
import { past } from '../../../test/support/past.ts';
import type { ParkingEvent } from '../../events/catalog/operations.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import { parkingCommands } from './commands.ts';
import { parking, planParking } from './parking.ts';

const { given, seen } = examples(parking, {});

const data = { key: 'attempt-a', generation: 2, position: '41', eventId: 'e', eventType: 'X', ticket: 'OPS-1' } as const;
const release = { type: 'ReleaseParkedKey', ...data } as const;
const released: ParkingEvent = { type: 'ParkedKeyReleased', data };

describe('a release', () => {
  it('is on record once for a key and an event, whoever says it again', () => {
    const after = given().when(release).gives(released);
    after.when({ ...release, ticket: null }, { by: 'qian', commandId: 'another' }).givesNothing();
    after.when({ ...release, position: '57' }).accepted();
    after.when({ ...release, key: 'attempt-b' }).accepted();
  });

  it('is forgotten with the rows that it was about', () => {
    const after = given()
      .when(release)
      .gives(released)
      .when({ ...release, generation: 3 });
    expect(after.accepted().state.releases).toMatchObject([{ generation: 3 }]);
  });

  it('takes any order', () => {
    const later: ParkingEvent = { type: 'ParkedKeyReleased', data: { ...data, generation: 9 } };
    expect(given(past('2026-03-01', later), past('2026-03-01', released)).state.releases).toHaveLength(2);
  });

  it('is written by administrators of every institution', () => {
    const plan = planParking('transcript', release);
    expect(plan).toMatchObject({ shared: true, own: { stream: 'parking-transcript' } });
    expect(plan.subjectId(null)).toBeNull();
  });
});

it('the command table says what was seen', () => {
  expectTable(parkingCommands, seen, [], commonRefusals);
});
