import type { Books } from './books.ts';
import { Timeline, idOf, type Chapter, type Fail, type LogEvent } from './log.ts';
import { teacherTable } from './training-tables.ts';

export interface TeacherBook {
  readonly id: string;
  readonly side: string;
  readonly organizationId: string | null;
  readonly status: Timeline<string>;
  /** `sub` of her tokens. */
  readonly account: Timeline<string | null>;
}

/** Teachers and mentors, one account each; and who teaches a class. */
export class Faculty implements Chapter {
  readonly reads = ['teacher', 'class'];
  readonly #books: Books;
  readonly #known = new Map<string, TeacherBook>();
  readonly #classes = new Map<string, Timeline<readonly string[]>>();

  constructor(books: Books) {
    this.#books = books;
  }

  get(teacherId: string): TeacherBook | undefined {
    return this.#known.get(teacherId);
  }

  all(): readonly TeacherBook[] {
    return [...this.#known.values()];
  }

  /** Accounts of those who teach a class. */
  teachersOf(classId: string): Timeline<readonly string[]> {
    const known = this.#classes.get(classId) ?? new Timeline<readonly string[]>([]);
    this.#classes.set(classId, known);
    return known;
  }

  holds(owner: string, gate: string): boolean {
    const account = this.get(idOf(owner))?.account.now ?? null;
    return account !== null && this.#claimOf(owner, account) === gate;
  }

  #claimOf(stream: string, account: string): string {
    const { institutionId } = this.#books.streams.get(stream)![0]!;
    return this.#books.claims.streamOf(institutionId, 'teacher-account', account);
  }

  take(event: LogEvent, fail: Fail): void {
    if (event.type === 'CommandAbandoned') return;
    const id = idOf(event.stream);
    if (event.type === 'TeacherAssignedToClass') {
      const teachers = this.teachersOf(id);
      return teachers.set(event.position, [...teachers.now, event.data['teacherId'] as string]);
    }
    if (event.stream.startsWith('class-')) return;
    const step = teacherTable[event.type];
    if (!step) return fail('legal-path', 'no such event in the table');
    const known = this.get(id);
    const status = known?.status.now ?? 'none';
    if (!step.from.includes(status)) fail('legal-path', `not from ${status}`);
    const teacher: TeacherBook = known ?? {
      id,
      side: event.data['side'] as string,
      organizationId: event.data['organizationId'] as string | null,
      status: new Timeline('none'),
      account: new Timeline<string | null>(null),
    };
    this.#known.set(id, teacher);
    if (step.to !== 'same') teacher.status.set(event.position, step.to);
    if (event.type === 'TeacherAccountLinked') this.#linked(teacher, event, fail);
  }

  #linked(teacher: TeacherBook, event: LogEvent, fail: Fail): void {
    const account = event.data['personId'] as string;
    if (this.#books.claims.ownerOf(this.#claimOf(event.stream, account)) !== event.stream)
      fail('gate-first', `account ${account} is not claimed`);
    const twin = this.all().find((other) => other !== teacher && other.account.now === account);
    if (twin) fail('unique', `account ${account} is also ${twin.id}'s`);
    teacher.account.set(event.position, account);
  }
}
