import { Controller, Get, Inject, Param, Query, Req } from '@nestjs/common';
import { Told } from '../edge/command.ts';
import { Id, OneOf, Switch, Text } from '../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { enrollmentStatuses } from '../events/catalog/enrollment.ts';
import { classFact } from '../facts/reference.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import { enrollmentRegister } from '../read-models/enrollment-register.ts';
import { classMembers, identityOf, listEnrollments, type ClassMember } from '../read-models/register-lists.ts';
import type { ReadQueries } from '../ports/read-store.ts';
import { classPeople, findClasses, listClasses, reference, type ClassRow } from '../read-models/reference.ts';
import { given, Paged, pagingOf } from './asking.ts';
import { coded, Names } from './shown.ts';

export class ClassesAsked extends Paged {
  @Text(100, { optional: true, description: 'Part of the name' })
  text?: string;

  @OneOf({ administrative: 1, teaching: 1 }, { optional: true })
  kind?: 'administrative' | 'teaching';

  @Id({ optional: true })
  programId?: string;

  @Switch({ optional: true, description: 'Not closed' })
  open?: string;
}

const kinds = {
  administrative: { zh: '行政班', en: 'administrative class' },
  teaching: { zh: '教学班', en: 'teaching class' },
} as const;

@Controller('v1/classes')
export class ClassRecords {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  /** A teacher's are those that are hers. */
  @Get()
  async listClasses(@Req() request: EdgeRequest, @Query() asked: ClassesAsked): Promise<Told | Refusal> {
    const { institution: institutionId, role, sub } = principalOf(request);
    const { text, kind, programId, open } = asked;
    const query = {
      institutionId,
      ...given({ text, kind, programId, open: open === undefined ? undefined : open === 'true' }),
      ...(role === 'teacher' ? { teacherId: sub } : {}),
      ...pagingOf(asked),
    };
    return this.parts.views.read(reference, async (db, position) => {
      const page = await listClasses(db, query);
      if (isRefusal(page)) return page;
      const names = new Names(this.parts);
      const items = await Promise.all(page.rows.map((row) => classShown(row, names)));
      return new Told({ items, next: page.next, total: page.total }, { position });
    });
  }

  @Get(':id')
  async readClass(@Req() request: EdgeRequest, @Param('id') classId: string): Promise<Told | Refusal> {
    const { institution: institutionId, role } = principalOf(request);
    return this.parts.views.read(reference, async (db, position) => {
      const row = await this.rowOf(db, institutionId, classId);
      if (!row) return refuse('NOT_FOUND');
      const { teacherIds, memberIds } = await classPeople(db, classId);
      const body = {
        ...(await classShown(row, new Names(this.parts))),
        ...(role === 'teacher' ? {} : { teacherIds }),
        ...(row.kind === 'teaching' ? { members: memberIds.length } : {}),
      };
      return new Told(body, { position });
    });
  }

  /** Names alone for its teachers; numbers and states for the registry. */
  @Get(':id/members')
  async listClassMembers(@Req() request: EdgeRequest, @Param('id') classId: string): Promise<Told | Refusal> {
    const { institution: institutionId, role } = principalOf(request);
    return this.parts.views.read([enrollmentRegister, reference], async (db, position) => {
      const row = await this.rowOf(db, institutionId, classId);
      if (!row) return refuse('NOT_FOUND');
      const all: ClassMember[] = [];
      if (row.kind === 'administrative') all.push(...(await classMembers(db, institutionId, classId)));
      else {
        const { memberIds } = await classPeople(db, classId);
        for (let from = 0; from < memberIds.length; from += 500) {
          const page = await listEnrollments(db, { institutionId, enrollmentIds: memberIds.slice(from, from + 500), limit: 500 });
          if (isRefusal(page)) return page;
          all.push(...page.rows);
        }
      }
      const items = all.map(({ enrollmentId, learnerId, identity: sealed, status, studentNumber }) => {
        const identity = identityOf(sealed, (token) => this.parts.codec.reveal(token));
        const name = typeof identity === 'object' && identity !== null ? identity.name : identity;
        return role === 'teacher'
          ? { enrollmentId, name }
          : { enrollmentId, learnerId, name, studentNumber, status: coded(status, enrollmentStatuses) };
      });
      return new Told({ items, next: null, total: items.length }, { position, subjects: items.length });
    });
  }

  private async rowOf(db: ReadQueries, institutionId: string, classId: string): Promise<ClassRow | undefined> {
    const { state } = await this.parts.transactor.load(classFact(classId));
    return state ? (await findClasses(db, institutionId, state.name)).find(({ id }) => id === classId) : undefined;
  }
}

async function classShown(row: ClassRow, names: Names): Promise<object> {
  return {
    classId: row.id,
    kind: coded(row.kind, kinds),
    name: row.name,
    program: await names.program(row.programId),
    course: row.course,
    term: row.term,
    closed: row.closed === 1,
  };
}
