import { describe, expect, it } from '@jest/globals';
import { examples } from '../../test/support/given.ts';
import { circumstances, digestOf } from '../../test/support/past.ts';
import type { Decider, Recorded } from './decider.ts';
import {
  evolveApprovals,
  isApproval,
  pendingRequests,
  requestApproval,
  settleApproval,
  type ApprovalEvent,
  type Approvals,
  type SettleCommand,
} from './four-eyes.ts';
import { isRefusal, refuse } from './refusal.ts';

/** The smallest thing that two persons can change: a word, with a lock on it. */
type WordEvent = ApprovalEvent | { type: 'WordChanged'; data: { word: string } };
type WordCommand =
  | { readonly type: 'SayWord'; readonly word: string }
  | { readonly type: 'RequestChange'; readonly requestId: string; readonly word: string }
  | SettleCommand;

interface Word {
  readonly word: string;
  readonly approvals: Approvals;
}

const word: Decider<Word, WordCommand, WordEvent> = {
  initial: { word: '', approvals: {} },
  evolve: (s, e) =>
    e.type === 'WordChanged' ? { ...s, word: e.data.word } : { ...s, approvals: evolveApprovals(s.approvals, e) },
  decide: (s, c, k) => {
    switch (c.type) {
      case 'SayWord':
        return [{ type: 'WordChanged', data: { word: c.word } }];
      case 'RequestChange':
        return requestApproval(s.approvals, {
          requestId: c.requestId,
          act: 'ChangeWord',
          against: s.word,
          target: null,
          targetEffectiveAt: null,
          proposal: { word: c.word },
          personal: null,
          evidence: [],
        });
      default:
        return settleApproval<WordEvent>(
          s.approvals,
          c,
          k,
          () => s.word,
          ({ proposal }) =>
            proposal['word'] === 'forbidden'
              ? refuse('RECORD_LOCKED')
              : [{ type: 'WordChanged', data: { word: proposal['word'] as string } }],
        );
    }
  },
};

const { given } = examples(word, {});
const ask = { type: 'RequestChange', requestId: 'q1', word: 'new' } as const;
const grant = { type: 'GrantApproval', requestId: 'q1', digest: digestOf(ask) } as const;
const decline = { type: 'RefuseApproval', requestId: 'q1' } as const;
const requested = given().when({ type: 'SayWord', word: 'old' }).accepted().when(ask, { by: 'zhao' }).accepted();
const granted = [
  { type: 'ApprovalGranted', data: { requestId: 'q1', digest: grant.digest } },
  { type: 'WordChanged', data: { word: 'new' } },
] as const;

describe('a grant', () => {
  it('by a second person appends the act with it', () => {
    requested.when(grant, { by: 'qian' }).gives(...granted);
  });

  it('by the same person is refused, also where she has another role', () => {
    requested.when(grant, { by: 'zhao' }).refuses('SAME_PERSON');
    const k = circumstances(grant, {}, { by: 'zhao' });
    expect(word.decide(requested.state, grant, { ...k, actor: { ...k.actor, role: 'administrator' } })).toEqual(
      refuse('SAME_PERSON'),
    );
  });

  it('names what its giver read', () => {
    requested.when({ ...grant, digest: 'of other words' }, { by: 'qian' }).refuses('REQUEST_DIGEST_DIFFERS', {
      digest: grant.digest,
    });
  });

  it('repeated is no event, whoever repeats it', () => {
    const done = requested.when(grant, { by: 'qian' }).accepted();
    done.when(grant, { by: 'qian' }).givesNothing();
    done.when(grant, { by: 'sun' }).givesNothing();
  });

  it('after another change finds the request stale, and it stays so', () => {
    const stale = requested
      .when({ type: 'SayWord', word: 'newer' })
      .accepted()
      .when(grant, { by: 'qian' })
      .gives({ type: 'ApprovalStale', data: { requestId: 'q1', now: 'newer' } });
    stale.when({ type: 'SayWord', word: 'old' }).accepted().when(grant, { by: 'qian' }).refuses('REQUEST_SETTLED', {
      outcome: 'stale',
    });
  });

  it('that the act refuses writes nothing: the request waits on', () => {
    const forbidden = { ...ask, word: 'forbidden' };
    const waiting = given().when(forbidden).accepted();
    waiting.when({ ...grant, digest: digestOf(forbidden) }, { by: 'qian' }).refuses('RECORD_LOCKED');
    expect(pendingRequests(waiting.state.approvals)).toHaveLength(1);
  });

  it('of nothing that was requested is refused', () => {
    given().when(grant).refuses('REQUEST_UNKNOWN', { requestId: 'q1' });
    given()
      .when({ ...grant, requestId: 'constructor' })
      .refuses('REQUEST_UNKNOWN');
  });
});

describe('a request', () => {
  it('is withdrawn by who made it, or refused by another, once', () => {
    for (const by of ['zhao', 'qian']) {
      const settled = requested.when(decline, { by }).gives({ type: 'ApprovalRefused', data: { requestId: 'q1' } });
      settled.when(decline, { by: 'sun' }).givesNothing();
      settled.when(grant, { by: 'sun' }).refuses('REQUEST_SETTLED', { outcome: 'refused' });
    }
  });

  it('cannot be refused after it was granted', () => {
    requested.when(grant, { by: 'qian' }).accepted().when(decline).refuses('REQUEST_SETTLED', { outcome: 'granted' });
  });

  it('waits once for the same act on the same thing as it stands', () => {
    requested.when({ ...ask, requestId: 'q2', word: 'newest' }).refuses('REQUEST_PENDING', { requestId: 'q1' });
    requested.when(ask).givesNothing();
    requested
      .when({ type: 'SayWord', word: 'newer' })
      .accepted()
      .when({ ...ask, requestId: 'q2' })
      .accepted();
  });

  it('remembers who made it, when, and its digest', () => {
    expect(requested.state.approvals['q1']).toMatchObject({
      requestedBy: 'zhao',
      digest: grant.digest,
      outcome: 'pending',
      against: 'old',
    });
  });
});

it('settling what was never requested changes nothing in a fold', () => {
  const [stray] = requested
    .when(grant, { by: 'qian' })
    .accepted()
    .history.filter(({ type }) => type === 'ApprovalGranted');
  expect(isApproval(stray!)).toBe(true);
  expect(evolveApprovals({}, stray as Recorded<ApprovalEvent>)).toEqual({});
  expect(isRefusal(refuse('SAME_PERSON'))).toBe(true);
});
