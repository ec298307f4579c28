import { expect, it } from '@jest/globals';
import { refuse } from '../kernel/refusal.ts';
import { rowReason } from './row-reason.ts';

it('a reason says codes in the reader’s words', () => {
  const gone = refuse('ENROLLMENT_NOT_ACTIVE', { status: 'withdrawn' });
  expect(rowReason('status-changes', gone, 'zh')).toBe('须为在籍（已注册），现为“退学”。');
  expect(rowReason('status-changes', gone, 'en')).toBe('The enrollment must be registered; it is withdrawn.');
  const resting = refuse('ENROLLMENT_NOT_ACTIVE', { status: 'place-retained' });
  expect(rowReason('class-changes', resting, 'zh')).toContain('保留入学资格');
});
