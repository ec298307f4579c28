import { expect, it } from '@jest/globals';
import { refuse } from '../kernel/refusal.ts';
import { rowReason } from './row-reason.ts';

const reader = { language: 'zh', zone: 'Asia/Shanghai' } as const;

it('a reason says codes in the reader’s words', () => {
  const gone = refuse('ENROLLMENT_NOT_ACTIVE', { status: 'withdrawn' });
  expect(rowReason('status-changes', gone, reader)).toBe('须为在籍（已注册），现为“退学”。');
  expect(rowReason('status-changes', gone, { ...reader, language: 'en' })).toBe(
    'The enrollment must be registered; it is withdrawn.',
  );
  const resting = refuse('ENROLLMENT_NOT_ACTIVE', { status: 'place-retained' });
  expect(rowReason('class-changes', resting, reader)).toContain('保留入学资格');
});

it('tells moments as the college’s calendar has them', () => {
  const refusal = refuse('EFFECTIVE_IN_FUTURE', { effectiveAt: '2027-10-08T16:00:00.000Z', now: '2026-11-22T21:14:57.854Z' });
  expect(rowReason('status-changes', refusal, reader)).toBe('生效时间 2027-10-09 晚于当前时间 2026-11-23 05:14。');
  expect(rowReason('status-changes', refusal, { language: 'en', zone: 'UTC' })).toBe(
    'It cannot become effective at 2027-10-08 16:00, after now (2026-11-22 21:14).',
  );
});
