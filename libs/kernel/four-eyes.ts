import type { Circumstances, DomainEvent, Recorded } from './decider.ts';
import type { Remembered } from './history.ts';
import type { Personal } from './personal.ts';
import { isRefusal, refuse, type Refusal } from './refusal.ts';
import { entry } from './same.ts';

/** Four-eyes (双人复核), on the stream of what it concerns. `against` names what the request would change, as it stood when requested. */
export type ApprovalEvent =
  | {
      type: 'ApprovalRequested';
      data: {
        requestId: string;
        act: string;
        against: string;
        /** Revision of the event that the act replaces or annuls. */
        target: string | null;
        /** Effective time of that event; the act carries it on. */
        targetEffectiveAt: string | null;
        proposal: Readonly<Record<string, unknown>>;
        /** The personal part of the proposal (an identity's old and new values). */
        personal: Personal<{ readonly old: unknown; readonly new: unknown }> | null;
        /** References to evidence (file numbers, digests); free text about a person belongs into `reason`. */
        evidence: readonly string[];
      };
    }
  | { type: 'ApprovalGranted'; data: { requestId: string; digest: string } }
  | { type: 'ApprovalRefused'; data: { requestId: string } }
  | { type: 'ApprovalStale'; data: { requestId: string; now: string } };

type Requested = Extract<ApprovalEvent, { type: 'ApprovalRequested' }>['data'];

export interface ApprovalRequest extends Requested {
  readonly requestedBy: string;
  readonly requestedAt: string;
  /** What a grant must name: the keyed digest of the requesting command. */
  readonly digest: string;
  readonly outcome: 'pending' | 'granted' | 'refused' | 'stale';
}

/** Requests by id, settled ones included. */
export type Approvals = Readonly<Record<string, ApprovalRequest>>;

export const isApproval = (event: Recorded): event is Recorded<ApprovalEvent> => event.type.startsWith('Approval');

export const evolveApprovals = (approvals: Approvals, event: Remembered<ApprovalEvent>): Approvals => {
  const settle = (outcome: ApprovalRequest['outcome']): Approvals => {
    const request = entry(approvals, event.data.requestId);
    return request ? { ...approvals, [request.requestId]: { ...request, outcome } } : approvals;
  };
  switch (event.type) {
    case 'ApprovalRequested':
      return {
        ...approvals,
        [event.data.requestId]: {
          ...event.data,
          requestedBy: event.actor.personId,
          requestedAt: event.recordedAt,
          digest: event.commandDigest,
          outcome: 'pending',
        },
      };
    case 'ApprovalGranted':
      return settle('granted');
    case 'ApprovalRefused':
      return settle('refused');
    case 'ApprovalStale':
      return settle('stale');
    default:
      return event satisfies never;
  }
};

export const pendingRequests = (approvals: Approvals): readonly ApprovalRequest[] =>
  Object.values(approvals).filter((request) => request.outcome === 'pending');

/** Asks for a second person. The same act against the same thing waits only once; a repeated request is no event. */
export const requestApproval = (approvals: Approvals, request: Requested): readonly ApprovalEvent[] | Refusal => {
  if (entry(approvals, request.requestId)) return [];
  const same = pendingRequests(approvals).find(
    (r) => r.act === request.act && r.target === request.target && r.against === request.against,
  );
  return same ? refuse('REQUEST_PENDING', { requestId: same.requestId }) : [{ type: 'ApprovalRequested', data: request }];
};

export type SettleCommand =
  | {
      readonly type: 'GrantApproval';
      readonly requestId: string;
      readonly digest: string;
      readonly opened?: { old: unknown; new: unknown };
    }
  | { readonly type: 'RefuseApproval'; readonly requestId: string };

/**
 * The second person's answer. `against` tells what the request would change as it stands now: if that moved, the request is stale.
 * `produce` gives the act's own events, appended together with the grant.
 */
export const settleApproval = <E extends DomainEvent>(
  approvals: Approvals,
  command: SettleCommand,
  k: Circumstances,
  against: (request: ApprovalRequest) => string,
  produce: (request: ApprovalRequest) => readonly E[] | Refusal,
): readonly (E | ApprovalEvent)[] | Refusal => {
  const request = entry(approvals, command.requestId);
  if (!request) return refuse('REQUEST_UNKNOWN', { requestId: command.requestId });
  const wanted = command.type === 'GrantApproval' ? 'granted' : 'refused';
  if (request.outcome !== 'pending')
    return request.outcome === wanted ? [] : refuse('REQUEST_SETTLED', { outcome: request.outcome });
  // Withdrawing one's own request is no second opinion, so it needs no second person.
  if (command.type === 'RefuseApproval') return [{ type: 'ApprovalRefused', data: { requestId: request.requestId } }];
  if (request.requestedBy === k.actor.personId) return refuse('SAME_PERSON');
  if (request.digest !== command.digest) return refuse('REQUEST_DIGEST_DIFFERS', { digest: request.digest });
  const now = against(request);
  if (now !== request.against) return [{ type: 'ApprovalStale', data: { requestId: request.requestId, now } }];
  const produced = produce(request);
  if (isRefusal(produced)) return produced;
  return [{ type: 'ApprovalGranted', data: { requestId: request.requestId, digest: request.digest } }, ...produced];
};
