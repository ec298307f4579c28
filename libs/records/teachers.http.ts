import { Controller, Get, Inject, Param, Query, Req } from '@nestjs/common';
import { Told } from '../edge/command.ts';
import { Id, OneOf, PersonId, Switch, Text } from '../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import type { Side } from '../events/catalog/faculty.ts';
import { teacherFact, teacherStatuses, type Teacher, type TeacherStatus } from '../facts/teacher.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import { faculty, listTeachers } from '../read-models/faculty.ts';
import { given, Paged, pagingOf } from './asking.ts';
import { coded } from './shown.ts';

const sides = {
  school: { zh: '校内', en: 'school' },
  enterprise: { zh: '企业', en: 'enterprise' },
} as const;

export class TeachersAsked extends Paged {
  @OneOf(sides, { optional: true })
  side?: Side;

  @Id({ optional: true })
  organizationId?: string;

  @Text(32, { optional: true, example: 'E0042' })
  staffNumber?: string;

  @PersonId({ optional: true, description: 'The `sub` of her tokens' })
  personId?: string;

  @OneOf(teacherStatuses, { optional: true })
  status?: TeacherStatus;

  @Switch({ optional: true })
  dualQualified?: string;
}

/** An enterprise sees the mentors of its own. */
@Controller('v1/teachers')
export class TeacherRecords {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  @Get()
  listTeachers(@Req() request: EdgeRequest, @Query() asked: TeachersAsked): Promise<Told | Refusal> {
    const { institution: institutionId, role, org } = principalOf(request);
    const { side, organizationId, staffNumber, personId, status, dualQualified } = asked;
    const filters = { side, organizationId, staffNumber, personId, status };
    // No organization has an empty id: one that asks for another's, or has none itself, finds nobody.
    const own = organizationId === undefined || organizationId === org ? (org ?? '') : '';
    const query = {
      institutionId,
      ...given({ ...filters, dualQualified: dualQualified === undefined ? undefined : dualQualified === 'true' }),
      ...(role === 'enterprise' ? { organizationId: own } : {}),
      ...pagingOf(asked),
    };
    return this.parts.views.read(faculty, async (db, position) => {
      const page = await listTeachers(db, query);
      if (isRefusal(page)) return page;
      const items = page.rows.map(({ id, teacher, revision }) => this.shown(id, teacher, revision));
      return new Told({ items, next: page.next, total: page.total }, { position, subjects: items.length });
    });
  }

  @Get(':id')
  async readTeacher(@Param('id') teacherId: string): Promise<Told> {
    const position = await this.parts.store.head();
    const { state, revision } = await this.parts.transactor.load(teacherFact(teacherId));
    return new Told(this.shown(teacherId, state, revision), { revision, position, subjects: 1 });
  }

  /** Names opened for this one response. */
  private shown(teacherId: string, teacher: Teacher, revision: bigint): object {
    return {
      teacherId,
      side: coded(teacher.side, sides),
      organizationId: teacher.organizationId,
      staffNumber: teacher.staffNumber,
      profile: this.parts.codec.reveal(teacher.profile),
      contact: this.parts.codec.reveal(teacher.contact),
      personId: teacher.personId,
      status: coded(teacher.status, teacherStatuses),
      statusSince: teacher.statusSince,
      improveUntil: teacher.improveUntil,
      dualQualified: teacher.dualQualified,
      certificates: teacher.certificates,
      practice: teacher.practice,
      practiceDays: teacher.practice.reduce((sum, { days }) => sum + days, 0),
      importedFrom: teacher.source && { run: teacher.source.run, row: teacher.source.row, fileDigest: teacher.source.fileDigest },
      revision: revision.toString(),
    };
  }
}
