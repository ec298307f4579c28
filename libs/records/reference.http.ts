import { Controller, Get, Inject, Query, Req } from '@nestjs/common';
import { Told } from '../edge/command.ts';
import { OneOf, Text } from '../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { levels } from '../kernel/codes.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import type { ReadQueries } from '../ports/read-store.ts';
import type { PageOf } from '../read-models/paging.ts';
import { listOrganizations, listProgramGroups, listPrograms, reference } from '../read-models/reference.ts';
import { given, Paged, pagingOf } from './asking.ts';
import { coded } from './shown.ts';

export class Named extends Paged {
  @Text(100, { optional: true, description: 'Part of a name or code' })
  text?: string;
}

export class ProgramsAsked extends Named {
  @Text(32, { optional: true, example: '530701' })
  code?: string;

  @OneOf(levels, { optional: true, example: 'junior-college' })
  level?: string;
}

const organizationKinds = {
  school: { zh: '学校', en: 'school' },
  enterprise: { zh: '企业', en: 'enterprise' },
  government: { zh: '政府', en: 'government' },
  association: { zh: '行业协会', en: 'association' },
} as const;

export class OrganizationsAsked extends Named {
  @OneOf(organizationKinds, { optional: true, example: 'enterprise' })
  kind?: keyof typeof organizationKinds;
}

/** What forms choose from. It names no person, so every role of the institution may read it. */
@Controller('v1')
export class ReferenceRecords {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  @Get('programs')
  listPrograms(@Req() request: EdgeRequest, @Query() asked: ProgramsAsked): Promise<Told | Refusal> {
    const { text, code, level } = asked;
    const query = { ...this.of(request), ...given({ text, code, level }), ...pagingOf(asked) };
    return this.page(
      (db) => listPrograms(db, query),
      (row) => ({
        programId: row.id,
        code: row.code,
        name: { zh: row.nameZh, en: row.nameEn },
        level: coded(row.level, levels),
        lengthOfStudyMonths: row.lengthOfStudyMonths,
        entranceScore: row.entranceScore,
      }),
    );
  }

  @Get('program-groups')
  listProgramGroups(@Req() request: EdgeRequest, @Query() asked: Named): Promise<Told | Refusal> {
    const { text } = asked;
    return this.page(
      (db) => listProgramGroups(db, { ...this.of(request), ...given({ text }), ...pagingOf(asked) }),
      (row) => ({
        groupId: row.id,
        name: { zh: row.nameZh, en: row.nameEn },
        programIds: row.programIds,
      }),
    );
  }

  @Get('organizations')
  listOrganizations(@Req() request: EdgeRequest, @Query() asked: OrganizationsAsked): Promise<Told | Refusal> {
    const { text, kind } = asked;
    return this.page(
      (db) => listOrganizations(db, { ...this.of(request), ...given({ text, kind }), ...pagingOf(asked) }),
      (row) => ({
        organizationId: row.id,
        creditCode: row.creditCode,
        name: { zh: row.nameZh, en: row.nameEn },
        kind: coded(row.kind, organizationKinds),
      }),
    );
  }

  private of(request: EdgeRequest): { readonly institutionId: string } {
    return { institutionId: principalOf(request).institution };
  }

  private page<Row>(
    list: (db: ReadQueries) => Promise<PageOf<Row> | Refusal>,
    shown: (row: Row) => object,
  ): Promise<Told | Refusal> {
    return this.parts.views.read(reference, async (db, position) => {
      const page = await list(db);
      return isRefusal(page) ? page : new Told({ items: page.rows.map(shown), next: page.next, total: page.total }, { position });
    });
  }
}
