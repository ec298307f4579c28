import { beforeEach, describe, expect, it } from '@jest/globals';
import { admission, contact, identity } from '../../test/support/histories.ts';
import { past, recordedOf } from '../../test/support/past.ts';
import { ecommerce, World } from '../../test/support/world.ts';
import type { EnrollmentCommand } from '../contexts/enrollment/enrollment.ts';
import { idNumberValue } from '../contexts/enrollment/gates.ts';
import { enrollmentStream } from '../facts/enrollment.ts';
import { addDays } from '../kernel/time.ts';
import { CommandTraces } from './command-traces.ts';

let world: World;
beforeEach(async () => {
  world = await World.ready();
  await world.enrollment(
    'e1',
    {
      type: 'AdmitLearner',
      admission: { ...admission, learnerId: 'chen', programId: ecommerce },
      source: null,
      register: { studentNumber: '1', classId: null },
    },
    { on: '2025-09-01', key: 'admission' },
    {
      identify: {
        type: 'IdentifyLearner',
        identity,
        contact,
        idClaim: world.claims.streamOf('id-number', idNumberValue(identity)),
        source: null,
      },
    },
  );
});

const suspended = {
  type: 'SuspendStudy',
  ground: 'illness',
  until: '2027-01-01',
  appliedOn: null,
} as const satisfies EnrollmentCommand;
const resumed: EnrollmentCommand = { type: 'ResumeStudy', appliedOn: '2026-01-01', reviewPassed: true, classId: null };

/** So many commands, a day each: she is suspended and resumed in turn. */
async function goOn(commands: number, key = (n: number) => `key-${n}`): Promise<void> {
  for (let n = 0; n < commands; n++) {
    const answer = await world.enrollment('e1', n % 2 === 0 ? suspended : resumed, {
      on: addDays('2025-09-02', n),
      key: key(n),
    });
    expect(answer).toMatchObject({ repeated: false, events: [n % 2 === 0 ? 'StudySuspended' : 'StudyResumed'] });
  }
}

describe('a command that comes again', () => {
  it.each([0, 11, 12, 19, 23])('as the %i-th of 24 is answered with its first result, whatever was said since', async (n) => {
    await goOn(24);
    const head = await world.store.head();
    const again = n % 2 === 0 ? suspended : resumed;
    expect(await world.enrollment('e1', again, { key: `key-${n}` })).toMatchObject({
      repeated: true,
      revision: BigInt(n + 2),
      events: [n % 2 === 0 ? 'StudySuspended' : 'StudyResumed'],
    });
    expect(await world.enrollment('e1', { ...suspended, until: '2027-02-01' }, { key: `key-${n}` })).toMatchObject({
      refused: 'IDEMPOTENCY_KEY_REUSED',
    });
    expect(await world.store.head()).toBe(head);
  });

  it('tells all that it wrote, however long ago', async () => {
    await goOn(20);
    const { commands } = await world.transactor.load({
      stream: enrollmentStream('e1'),
      initial: 0,
      evolve: (events: number) => events + 1,
    });
    expect(commands.of('admission')).toBe('perhaps');
    const first = { ...admission, learnerId: 'chen', programId: ecommerce };
    const answer = await world.enrollment(
      'e1',
      { type: 'AdmitLearner', admission: first, source: null, register: { studentNumber: '1', classId: null } },
      { key: 'admission' },
    );
    expect(answer).toMatchObject({ repeated: true, revision: 1n, events: ['LearnerAdmitted', 'StudentRegistered'] });
  });
});

describe('what is remembered of commands', () => {
  const seen = (ids: readonly string[]): CommandTraces => {
    const traces = new CommandTraces();
    for (const event of recordedOf(ids.map((commandId) => past('2025-01-01', { type: 'Said', data: {} }, { commandId }))))
      traces.saw(event);
    return traces;
  };

  it('is the whole of the last ones, and of each before that it may have been there', () => {
    const ids = Array.from({ length: 200 }, (_, n) => `id-${n}`);
    const traces = seen(ids);
    const known = ids.map((id) => traces.of(id));
    expect(known.slice(0, -8)).toEqual(ids.slice(0, -8).map(() => 'perhaps'));
    expect(known.slice(-8)).toEqual(ids.slice(-8).map((_, n) => expect.objectContaining({ revision: BigInt(192 + n) })));
    expect(traces.of('id-200')).toBeUndefined();
  });

  it('does not change where events are seen twice', () => {
    const traces = new CommandTraces();
    const both = recordedOf([0, 1].map(() => past('2025-01-01', { type: 'Said', data: {} }, { commandId: 'one' })));
    for (const event of [...both, ...both]) traces.saw(event);
    expect(traces.of('one')).toMatchObject({ revision: 1n, events: ['Said', 'Said'] });
  });

  it('takes no fresh command for another whose number is the same', async () => {
    const [before, fresh] = twoOfOneNumber();
    await goOn(20, (n) => (n === 0 ? before : `key-${n}`));
    const others = Array.from({ length: 8 }, (_, n) => `id-${n}`);
    expect(seen([before, ...others]).of(fresh)).toBe('perhaps');
    const call = { on: '2026-01-01', key: fresh };
    expect(await world.enrollment('e1', suspended, call)).toMatchObject({ repeated: false, events: ['StudySuspended'] });
    expect(await world.enrollment('e1', suspended, call)).toMatchObject({ repeated: true, events: ['StudySuspended'] });
    expect(await world.enrollment('e1', suspended, { key: before })).toMatchObject({ repeated: true, revision: 2n });
  });
});

/** Two ids that FNV-1a does not tell apart: some eighty thousand are looked through. */
function twoOfOneNumber(): readonly [string, string] {
  const ids = new Map<number, string>();
  for (let n = 0; ; n++) {
    const id = `command-${n}`;
    let number = 0x811c9dc5;
    for (let i = 0; i < id.length; i++) number = Math.imul(number ^ id.charCodeAt(i), 0x01000193);
    const other = ids.get(number);
    if (other !== undefined) return [other, id];
    ids.set(number, id);
  }
}
