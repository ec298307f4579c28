import { idNumberValue } from '../../libs/contexts/enrollment/gates.ts';
import type { Admission } from '../../libs/events/catalog/enrollment.ts';
import { residentCheckDigit } from '../../libs/kernel/national-id.ts';
import type { Identity } from '../../libs/kernel/personal.ts';
import { addMonths } from '../../libs/kernel/time.ts';
import { daysAfter } from './dates.ts';
import { Dice } from './dice.ts';
import { enrollmentIdOf, guardianAccountOf, learnerIdOf, programIdAt, studentNumberOf } from './ids.ts';
import type { Life } from './lives.ts';
import { zhou } from './office.ts';
import { contactOf, guardianOf, personOf } from './people.ts';
import { level, programs } from './programs.ts';
import type { Saying, Step } from './step.ts';
import { Teller, type When, type World } from './teller.ts';

/** A student: who she is, and how the registrar's office speaks of her. */

// ── who she is ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Eighteen at entry, fifteen where she comes from junior secondary school. */
export function identityOf({ seed }: World, { name, cohort, index, home }: Life): Identity {
  const from = `${cohort - (home.five ? 16 : 19)}-09-01`;
  const region = `4499${home.five ? '5' : '0'}${cohort % 10}`;
  const dice = new Dice(seed, `person/${name}`);
  const person = personOf(dice, { from, index, region });
  // One of them has a name that few fonts hold.
  return cohort === 2024 && index === 2 ? { ...person, name: '赵䶮', ethnicGroup: '01' } : person;
}

export const isMinor = (world: World, life: Life, on: string): boolean => on < addMonths(identityOf(world, life).birthDate!, 216);

export const minimumScore = 30_000;

export function admissionOf(world: World, life: Life): Admission {
  const { cohort, home, name } = life;
  const dice = new Dice(world.seed, `admission/${name}`);
  const years = home.five ? 5 : 3;
  // Who is to change her major or her school came by the entrance examination.
  const free = ['changes-major', 'transfers-out', 'transfers-in', 'serves-first'].includes(life.fate);
  const intake = free
    ? 'ordinary'
    : dice.weighted([
        ['ordinary', 62],
        ['special', 26],
        ['directed', 5],
        ['contracted', 7],
      ] as const);
  return {
    learnerId: learnerIdOf(world, life),
    programId: programIdAt(world, home.program),
    entryDate: `${cohort}-09-01`,
    intake: home.five ? 'special' : intake,
    level,
    lengthOfStudyMonths: 12 * years,
    studyForm: 'full-time',
    branch: null,
    department: programs[home.program]!.department,
    classId: null,
    expectedGraduation: `${cohort + years}-06-30`,
    entranceScore: home.five ? null : minimumScore + dice.between(0, 300) * 50,
  };
}

/** The guardian of a day: custody changes hands in one life. */
export const guardianOn = (life: Life, day: string): string =>
  life.fate === 'custody-changes' && day > daysAfter(life.joins, 130) ? `${guardianAccountOf(life)}b` : guardianAccountOf(life);

// ── how she is spoken of ───────────────────────────────────────────────────────────────────────────────────────────────────

/** What her strand says, with the words that it says it in. */
export class Status {
  readonly tell: Teller;
  readonly life: Life;
  readonly world: World;
  readonly dice: Dice;
  readonly learnerId: string;
  readonly enrollmentId: string;

  constructor(world: World, life: Life) {
    this.world = world;
    this.life = life;
    this.tell = new Teller(world, life.name);
    this.dice = new Dice(world.seed, `status/${life.name}`);
    this.learnerId = learnerIdOf(world, life);
    this.enrollmentId = enrollmentIdOf(world, life);
  }

  of(command: Extract<Saying, { on: 'enrollment' }>['command']): Saying {
    return { on: 'enrollment', id: this.enrollmentId, command };
  }

  about(command: Extract<Saying, { on: 'learner' }>['command']): Saying {
    return { on: 'learner', id: this.learnerId, command };
  }

  step(when: When, command: Extract<Saying, { on: 'enrollment' }>['command'], more: Pick<Step, 'since' | 'reason'> = {}): Step {
    return this.tell.step(when, zhou, this.of(command), more);
  }

  withdrawal(day: string, ground: 'own-application' | 'academic-failure' | 'absent-without-leave', text: string): Step {
    return this.step([day, 'morning'], { type: 'WithdrawStudent', ground }, { reason: { code: ground, text } });
  }

  opening(): Extract<Saying, { on: 'enrollment' }>['opening'] {
    const { world, life } = this;
    const identity = identityOf(world, life);
    const idClaim = world.claims.streamOf('id-number', idNumberValue(identity));
    const contact = contactOf(new Dice(world.seed, `contact/${life.name}`), studentNumberOf(life));
    return { identify: { type: 'IdentifyLearner', identity: this.asEntered(identity), contact, idClaim, source: null } };
  }

  /** As it was first entered: of one with a letter that sounds alike, and a digit of the region wrong. */
  asEntered(identity: Identity): Identity {
    if (this.life.fate !== 'misnamed') return identity;
    const first17 = `449999${identity.idNumber.slice(6, 17)}`;
    return { ...identity, name: `${identity.name.slice(0, -1)}燕`, idNumber: `${first17}${residentCheckDigit(first17)}` };
  }
}

export function guardian(s: Status, when: When, guardianId: string): Step {
  const dice = new Dice(s.world.seed, `guardian/${guardianId}`);
  return s.tell.step(
    when,
    zhou,
    s.about({ type: 'LinkGuardian', guardianId, guardian: guardianOf(dice, identityOf(s.world, s.life)) }),
  );
}
