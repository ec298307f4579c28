import { orNull, type Answered } from '../edge/openapi.ts';
import { at, coded, id } from './example-parts.ts';

const build = {
  buildId: id,
  views: ['enrollment-register'],
  recordedAsOf: '2026-06-30T15:59:59.999Z',
  effectiveAsOf: orNull('2026-06-30T15:59:59.999Z'),
  position: '42',
  state: coded('ready', '可查询', 'ready'),
  progress: { permille: 1000, events: 42 },
  failed: orNull({ view: 'enrollment-register', position: '42', type: 'StudentRegistered' }),
  askedBy: 'registrar-1',
  askedAt: at,
  usedAt: at,
};

export const asOfAnswers: Readonly<Record<string, Answered>> = {
  askAsOf: {
    title: { zh: '按某一时点建立视图或报表', en: 'Build views or a report as of a moment' },
    status: 202,
    example: { ...build, isNew: true, dropped: [id] },
    refusals: ['VIEW_UNKNOWN', 'VIEW_HAS_NO_PAST', 'AS_OF_NOT_OVER', 'AS_OF_FULL', 'MALFORMED_JSON', 'MEDIA_TYPE_UNSUPPORTED'],
  },
  listAsOf: { title: { zh: '已建立的时点', en: 'Moments of which something is kept' }, example: { items: [build] } },
  readAsOf: {
    title: { zh: '一个时点及其进度', en: 'One of them, and how far it is' },
    example: build,
    refusals: ['NOT_FOUND'],
  },
  dropAsOf: {
    title: { zh: '取消或丢弃一个时点', en: 'Cancel one of them, or throw it away' },
    example: { buildId: id, dropped: true },
    refusals: ['NOT_FOUND'],
  },
  compareAsOf: {
    title: { zh: '比较两个时点', en: 'What differs between two moments, and which events changed it' },
    example: {
      view: 'enrollment-register',
      from: build,
      to: build,
      counts: { added: 3, removed: 0, changed: 12 },
      items: [
        {
          key: id,
          kind: coded('changed', '变更', 'changed'),
          learnerId: id,
          name: orNull('李小雨'),
          changes: [{ field: 'status', old: orNull('registered'), new: orNull('suspended') }],
          events: [
            {
              position: '42',
              eventId: '6f9619ff-8b86-8011-a42d-00cf4fc964ff',
              stream: `enrollment-${id}`,
              type: 'StudySuspended',
              title: { zh: '休学', en: 'Study suspended' },
              effectiveAt: at,
              recordedAt: at,
              actor: { personId: 'registrar-1', role: 'registrar', organizationId: orNull('enterprise-1') },
              reasonCode: orNull('illness'),
            },
          ],
        },
      ],
      next: orNull('eyJwYWdlIjoyfQ'),
      total: 15,
    },
    refusals: ['NOT_FOUND', 'CURSOR_INVALID', 'AS_OF_NOT_BUILT'],
  },
};
