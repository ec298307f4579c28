import { orNull, type Answered } from '../edge/openapi.ts';
import { at } from './example-parts.ts';

const eventId = '6f9619ff-8b86-8011-a42d-00cf4fc964ff';
const view = 'enrollment-register';
const key = 'enrollment-5q8m2c7h1v0n4k3d';

/** An event that a key lacks. */
export const parkedExample = {
  view,
  key: orNull(key),
  position: '41',
  eventId,
  type: 'StudentRegistered',
  title: orNull({ zh: '入学注册', en: 'Student registered' }),
  error: 'TypeError at libs/read-models/enrollment-register.ts:187',
  since: at,
  attempts: 1,
  retryAt: orNull(at),
  released: false,
};

/** What is asked of parked keys and how it is answered. */
export const parkedAnswers: Readonly<Record<string, Answered>> = {
  listParked: {
    title: { zh: '停放的键：不能折叠的事件', en: 'Parked keys: events that cannot be folded' },
    example: { items: [parkedExample], total: 1 },
    refusals: ['VIEW_UNKNOWN'],
  },
  retryParked: {
    title: { zh: '立即重试停放的键', en: 'Try parked keys again now' },
    status: 202,
    example: { view, key: orNull(key), tried: true },
    refusals: ['VIEW_UNKNOWN', 'MALFORMED_JSON', 'MEDIA_TYPE_UNSUPPORTED'],
  },
  releaseParked: {
    title: { zh: '放行停放的键，略过不能折叠的事件', en: 'Let a parked key go on without the event that cannot be folded' },
    example: { view, key, released: '41', revision: '4', position: '42', events: ['ParkedKeyReleased'], repeated: false },
    refusals: ['VIEW_UNKNOWN', 'KEY_NOT_PARKED'],
  },
  practisePoison: {
    title: { zh: '演练：令某事件不能折叠（仅限本机）', en: 'Practice: make an event impossible to fold (loopback only)' },
    example: { view, position: '42', poisoned: true, eventId: orNull(eventId), type: orNull('StudentRegistered'), folded: true },
    refusals: [
      'VIEW_UNKNOWN',
      'LOOPBACK_ALONE',
      'POSITION_EMPTY',
      'POSITION_NOT_FOLDED',
      'MALFORMED_JSON',
      'MEDIA_TYPE_UNSUPPORTED',
    ],
  },
};
