import { describe, expect, it } from '@jest/globals';
import { worth } from '../../../test/support/apprentices.ts';
import { digestOf } from '../../kernel/canonical.ts';
import { isMinorOn, reaches } from './terms.ts';

describe('terms', () => {
  it('are digested over all that is public, so that anybody who reads them can do it again', () => {
    const { termsDigest, texts: _texts, ...open } = worth();
    expect(digestOf(open)).toBe(termsDigest);
    expect(digestOf(Object.fromEntries(Object.entries(open).toReversed()))).toBe(termsDigest);
  });

  it.each([
    ['dates', { to: '2026-12-30' }],
    ['a post', { post: { zh: '客服', en: 'Service' } }],
    ['a plan', { plan: { programId: 'ecommerce', version: 2, courseIds: [] } }],
    ['words', { sections: [{ code: 'pay', text: 'other' }] }],
  ])('differ by %s', (_, said) => {
    expect(worth(said).termsDigest).not.toBe(worth().termsDigest);
  });

  it('with the same words have another digest under another salt', () => {
    expect(worth({}, 'other').sections[0]!.digest).not.toBe(worth().sections[0]!.digest);
  });
});

describe('an age', () => {
  it('is reached on the birthday, or the day before the first of March', () => {
    expect(reaches('2008-03-14', 18)).toBe('2026-03-14');
    expect(reaches('2008-02-29', 18)).toBe('2026-02-28');
    expect(reaches(null, 18)).toBeNull();
  });

  it('that is unknown counts as minor', () => {
    expect(isMinorOn('2008-03-14', '2026-03-13', 18)).toBe(true);
    expect(isMinorOn('2008-03-14', '2026-03-14', 18)).toBe(false);
    expect(isMinorOn(null, '2026-03-14', 18)).toBe(true);
  });
});
