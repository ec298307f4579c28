import { Inject, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { dateIn, instant } from '../kernel/time.ts';
import type { View } from '../ports/view.ts';
import type { Principal } from './auth.ts';
import { idPattern } from './fields.ts';
import { PARTS, type EdgeRequest, type Parts, type RecordFacts, type ViewStatus } from './parts.ts';
import { policies, type RecordKind, type Scope } from './policy.ts';
import { Problem } from './problem.ts';

const visibleAscii = /^[\x21-\x7e]{1,255}$/;
/** How long a query waits for its view to reach `Ledger-Wait-For`. */
const patienceMs = 5_000;

/** Who asks, whether she may, and whose record it is: all before a handler runs. */
export class PolicyGuard implements CanActivate {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<EdgeRequest>();
    const operation = context.getHandler().name;
    const policy = policies[operation];
    if (!policy) throw new Error(`no policy for ${operation}`);
    request.operation = operation;
    request.policy = policy;
    if (policy.may === 'anyone') return true;
    const principal = this.parts.authenticator.principal(request.headers.authorization);
    return principal instanceof Promise
      ? principal.then((checked) => this.admit(request, checked))
      : this.admit(request, principal);
  }

  private admit(request: EdgeRequest, principal: Principal): boolean | Promise<boolean> {
    const policy = request.policy!;
    request.principal = principal;
    const scope = (policy.may as Readonly<Partial<Record<string, Scope>>>)[principal.role];
    if (scope === undefined) throw new Problem('ROLE_NOT_ALLOWED', { role: principal.role });
    if (!this.parts.institutions.has(principal.institution)) throw new Problem('INSTITUTION_UNKNOWN');
    const { id } = request.params as { id?: string };
    if (id !== undefined && !idPattern.test(id)) throw new Problem('NOT_FOUND');
    if (policy.command !== undefined) {
      const key = request.headers['idempotency-key'];
      if (key === undefined) throw new Problem('IDEMPOTENCY_KEY_MISSING');
      if (typeof key !== 'string' || !visibleAscii.test(key)) throw new Problem('IDEMPOTENCY_KEY_INVALID');
      if (policy.on === undefined || scope === 'institution' || id === undefined) return true;
      return this.admitCommand(principal, scope, policy.on, id);
    }
    const wanted = request.headers['ledger-wait-for'];
    if (wanted === undefined && policy.reads === undefined) return true;
    return this.admitRead(request, principal, scope, wanted, id);
  }

  private async admitCommand(principal: Principal, scope: Scope, kind: RecordKind, id: string): Promise<true> {
    const record = await this.parts.records.find(kind, id);
    if (!record || !this.reaches(principal, scope, record)) throw new Problem('NOT_FOUND');
    return true;
  }

  private async admitRead(
    request: EdgeRequest,
    principal: Principal,
    scope: Scope,
    wanted: string | readonly string[] | undefined,
    id: string | undefined,
  ): Promise<boolean> {
    const policy = request.policy!;
    if (wanted !== undefined) await this.waitFor(wanted, policy.view);
    if (policy.reads === undefined) return true;
    const record = id === undefined ? null : await this.parts.records.find(policy.reads, id);
    if (!record || !this.reaches(principal, scope, record)) throw new Problem('NOT_FOUND');
    // Her own reads are nobody's to look up.
    if (scope !== 'own') request.subjectId = record.learnerId;
    return true;
  }

  private reaches(principal: Principal, scope: Scope, record: RecordFacts): boolean {
    if (record.institutionId !== principal.institution) return false;
    switch (scope) {
      case 'institution':
        return true;
      case 'own':
        return record.learnerId !== null && record.learnerId === principal.learner;
      case 'ward': {
        const zone = this.parts.institutions.get(principal.institution)!;
        return record.isWardOf(principal.sub, dateIn(instant(this.parts.clock.now()), zone));
      }
      case 'assigned':
        return record.teachers.includes(principal.sub);
      case 'employer':
        return principal.org !== null && record.organizationId === principal.org;
      case 'mentored':
        return record.mentors?.includes(principal.sub) ?? false;
      case 'public':
      case 'operations':
        return false;
      default:
        return scope satisfies never;
    }
  }

  private async waitFor(wanted: string | readonly string[], view: string | undefined): Promise<void> {
    if (typeof wanted !== 'string' || !/^\d{1,18}$/.test(wanted)) throw new Problem('WAIT_FOR_INVALID');
    const position = BigInt(wanted);
    if (view === undefined) {
      const head = await this.parts.store.head();
      if (head < position) throw new Problem('VIEW_BEHIND', { wanted, reached: head.toString() });
    } else await reached(this.parts, view, position, patienceMs);
  }
}

/** Resolves once a view holds everything up to a position. Throws VIEW_BEHIND where that takes longer. */
export async function reached({ views }: Parts, view: string, position: bigint, ms: number): Promise<void> {
  if (await views.waitFor(view, position, ms)) return;
  const wanted = position.toString();
  throw new Problem('VIEW_BEHIND', {
    view,
    wanted,
    reached: String(views.status().find(({ name }) => name === view)?.position ?? 0),
  });
}

/** Resolves, with the position of what is on record now, once views hold that. Throws VIEW_BEHIND where it takes longer. */
export async function caughtUp(parts: Parts, views: readonly Pick<View, 'name'>[], ms: number): Promise<bigint> {
  const head = await parts.store.head();
  await Promise.all(views.map(({ name }) => reached(parts, name, head, ms)));
  return head;
}

/** How a view stands. Refuses a name that none has, with those that there are. */
export function viewNamed({ views }: Pick<Parts, 'views'>, name: string): ViewStatus {
  const known = views.status();
  const found = known.find((view) => view.name === name);
  if (!found) throw new Problem('VIEW_UNKNOWN', { view: name, views: known.map((view) => view.name).toSorted() });
  return found;
}
