import type { Personal } from '../../kernel/personal.ts';
import type { CatalogOf } from './catalog.ts';
import type { ImportSource } from './enrollment.ts';

/** Who a teacher or mentor is. Purpose *identity*. */
export interface TeacherProfile {
  readonly name: string;
  /** Professional title (职称) or post (岗位). */
  readonly title?: string;
}

export type Side = 'school' | 'enterprise';

export const teacherStatuses = {
  active: { zh: '在岗', en: 'active' },
  warned: { zh: '预警', en: 'warned' },
  improving: { zh: '整改', en: 'improving' },
  suspended: { zh: '暂停', en: 'suspended' },
  withdrawn: { zh: '退出', en: 'withdrawn' },
} as const;
export type TeacherStatus = keyof typeof teacherStatuses;

/** `teacher-<id>`; key: organization (none for the college itself) and staff number (工号). Mentors of enterprises are teachers of that side. */
export type TeacherEvent =
  | {
      type: 'TeacherRegistered';
      data: {
        side: Side;
        /** The enterprise; null for the college's own staff. */
        organizationId: string | null;
        staffNumber: string;
        profile: Personal<TeacherProfile>;
        contact: Personal<{ readonly phone: string }> | null;
        source: ImportSource | null;
      };
    }
  /** `personId` is the `sub` of the tokens with which she will score and confirm; the last one linked counts. */
  | { type: 'TeacherAccountLinked'; data: { personId: string } }
  | { type: 'DualQualificationGranted'; data: { certificate: string; evidence: readonly string[] } }
  | { type: 'EnterprisePracticeRecorded'; data: { organizationId: string; from: string; to: string; days: number } }
  | { type: 'EarlyWarningRaised'; data: { ground: string } }
  | { type: 'ImprovementPlanned'; data: { until: string } }
  | { type: 'TeacherSuspended'; data: { ground: string } }
  | { type: 'TeacherWithdrawn'; data: { ground: string } }
  | { type: 'TeacherReinstated'; data: { ground: string } };

export const facultyCatalog = {
  TeacherRegistered: {
    version: 1,
    personal: { profile: 'identity', contact: 'contact' },
    title: { zh: '登记教师或导师', en: 'Teacher or mentor registered' },
  },
  TeacherAccountLinked: { version: 1, title: { zh: '关联账号', en: 'Account linked' } },
  DualQualificationGranted: { version: 1, title: { zh: '认定双师型', en: 'Double qualification granted' } },
  EnterprisePracticeRecorded: { version: 1, title: { zh: '登记企业实践', en: 'Enterprise practice recorded' } },
  EarlyWarningRaised: { version: 1, title: { zh: '预警', en: 'Early warning raised' } },
  ImprovementPlanned: { version: 1, title: { zh: '制定整改计划', en: 'Improvement planned' } },
  TeacherSuspended: { version: 1, title: { zh: '暂停资格', en: 'Teacher suspended' } },
  TeacherWithdrawn: { version: 1, title: { zh: '退出', en: 'Teacher withdrawn' } },
  TeacherReinstated: { version: 1, title: { zh: '恢复资格', en: 'Teacher reinstated' } },
} as const satisfies CatalogOf<TeacherEvent>;
