import type { CourseEvent } from '../../events/catalog/curriculum.ts';
import { courseVersions, nextVersion, type CourseFact, type CourseVersion } from '../../facts/curriculum.ts';
import type { Decider, Decision } from '../../kernel/decider.ts';

/** A course (课程). Key: code. Its versions are folded in facts, where attempts and plans pin them. */
export { courseIdOf, courseStream } from '../../facts/curriculum.ts';

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type PublishCourse = { readonly type: 'PublishCourse' } & Omit<CourseVersion, 'version'>;

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Other content under the same code is a new version; attempts keep the one they were opened on. */
function decide(versions: CourseFact, { type: _type, ...content }: PublishCourse): Decision<CourseEvent> {
  const version = nextVersion(versions, content);
  return version === null ? [] : [{ type: 'CoursePublished', data: { version, ...content } }];
}

export const course: Decider<CourseFact, PublishCourse, CourseEvent> = { ...courseVersions, decide };
