import { describe, expect, it } from '@jest/globals';
import { day, past, recordedOf } from '../../test/support/past.ts';
import type { CourseEvent, ProgramEvent } from '../events/catalog/curriculum.ts';
import { fold } from '../kernel/decider.ts';
import { courseFact, latestOf, planFact, planFor, versionOf, type CourseVersion, type PlanVersion } from './curriculum.ts';

const course: CourseVersion = {
  version: 1,
  code: 'EC101',
  name: { zh: '电子商务基础', en: 'Introduction to E-commerce' },
  credits: 400,
  hours: 64,
  nature: 'compulsory',
  category: null,
  module: null,
  frameworkLevel: 4,
};

const plan: PlanVersion = { version: 1, entriesFrom: '2024-09-01', requiredCredits: 14_000, modules: [], courses: [] };

describe('versions', () => {
  it('are in their order, whatever the order of events', () => {
    const versions = fold(
      courseFact('c1'),
      recordedOf<CourseEvent>(
        [
          past(day('2026-02-01'), { type: 'CoursePublished', data: { ...course, version: 2, credits: 300 } }),
          past(day('2026-01-01'), { type: 'CoursePublished', data: course }),
        ],
        'course-c1',
      ),
    );
    expect(versions.map(({ version }) => version)).toEqual([1, 2]);
    expect(latestOf(versions)).toMatchObject({ version: 2, credits: 300 });
    expect(versionOf(versions, 1)).toMatchObject({ credits: 400 });
    expect(versionOf(versions, 3)).toBeUndefined();
    expect(latestOf([])).toBeUndefined();
  });

  it('of a training program: the one in force on the day of entry', () => {
    const versions = fold(
      planFact('p1'),
      recordedOf<ProgramEvent>(
        [plan, { ...plan, version: 2, entriesFrom: '2026-09-01' }, { ...plan, version: 3, entriesFrom: '2026-09-01' }].map(
          (data) => past<ProgramEvent>(day('2024-06-01'), { type: 'PlanVersioned', data }),
        ),
        'program-p1',
      ),
    );
    expect(planFor(versions, '2024-08-31')).toBeUndefined();
    expect(planFor(versions, '2024-09-01')?.version).toBe(1);
    expect(planFor(versions, '2026-08-31')?.version).toBe(1);
    expect(planFor(versions, '2026-09-01')?.version).toBe(3);
  });
});
