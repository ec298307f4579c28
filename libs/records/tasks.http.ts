import { Controller, Get, Inject, Query, Req } from '@nestjs/common';
import { Told } from '../edge/command.ts';
import { AnyOf, Digits, Id, OneOf, Switch } from '../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import { taskKinds, type TaskKind } from '../read-models/task-kinds.ts';
import { countTasks, listTasks, taskViews, type Task, type TaskQuery } from '../read-models/tasks.ts';
import { Asked, given, Paged, PagedThen, pagingOf, zoneOf } from './asking.ts';
import { readThen } from './past.ts';

const kinds = Object.fromEntries(taskKinds.map((kind) => [kind, 1]));

export class TasksAsked extends PagedThen {
  @AnyOf(kinds, { optional: true, example: 'recheck,approval' })
  kinds?: string;

  @Digits(0, 3650, { optional: true, example: '30', description: 'Days ahead that count as due; 30 where absent' })
  horizonDays?: string;

  @Id({ optional: true })
  learnerId?: string;

  @Id({ optional: true })
  enrollmentId?: string;

  @Switch({ optional: true })
  overdueOnly?: string;

  @OneOf({ due: 1, since: 1 }, { optional: true })
  sort?: 'due' | 'since';

  @OneOf({ asc: 1, desc: 1 }, { optional: true })
  order?: 'asc' | 'desc';
}

export class TaskCountsAsked extends Asked {
  @Digits(0, 3650, { optional: true, example: '30' })
  horizonDays?: string;
}

/** What is due, since when and why: computed when asked. */
@Controller('v1')
export class TaskRecords {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  @Get('tasks')
  listTasks(@Req() request: EdgeRequest, @Query() asked: TasksAsked): Promise<Told | Refusal> {
    const { learnerId, enrollmentId, sort, order, horizonDays, overdueOnly } = asked;
    return this.page(request, asked, {
      ...given({ learnerId, enrollmentId, sort, order }),
      ...given({
        kinds: asked.kinds?.split(',') as TaskKind[] | undefined,
        horizonDays: horizonDays === undefined ? undefined : Number(horizonDays),
        overdueOnly: overdueOnly === undefined ? undefined : overdueOnly === 'true',
      }),
      ...pagingOf(asked),
    });
  }

  @Get('tasks/counts')
  countTasks(@Req() request: EdgeRequest, @Query() { horizonDays, ...asked }: TaskCountsAsked): Promise<Told> {
    const horizon = horizonDays === undefined ? {} : { horizonDays: Number(horizonDays) };
    return readThen(this.parts, request, asked, taskViews, async (db, { position, today }) => {
      const counts = await countTasks(db, { ...this.due(request, today), ...horizon });
      return new Told(counts, { position });
    });
  }

  /** What waits for a second person, with what a grant must name. */
  @Get('approvals')
  listApprovals(@Req() request: EdgeRequest, @Query() asked: Paged): Promise<Told | Refusal> {
    return this.page(
      request,
      {},
      { kinds: ['approval'], sort: 'since', ...pagingOf(asked) },
      ({ learnerId, enrollmentId, since, detail }) => ({
        ...detail,
        learnerId,
        enrollmentId,
        requestedAt: since,
      }),
    );
  }

  /** An enterprise's are those of its own openings, contracts and batches. */
  private due(request: EdgeRequest, today: string): Pick<TaskQuery, 'institutionId' | 'today' | 'zone' | 'organizationId'> {
    const zone = zoneOf(this.parts, request);
    const { institution: institutionId, role, org } = principalOf(request);
    return { institutionId, today, zone, ...(role === 'enterprise' ? { organizationId: org ?? '' } : {}) };
  }

  private page(
    request: EdgeRequest,
    moment: Asked,
    asked: Omit<TaskQuery, 'institutionId' | 'today'>,
    shown: (task: Task) => object = (task) => task,
  ): Promise<Told | Refusal> {
    return readThen(this.parts, request, moment, taskViews, async (db, { position, today }) => {
      const page = await listTasks(db, { ...asked, ...this.due(request, today) });
      return isRefusal(page) ? page : new Told({ items: page.rows.map(shown), next: page.next, total: page.total }, { position });
    });
  }
}
