import { orNull, type Answered } from '../edge/openapi.ts';
import { at, coded, id } from './example-parts.ts';

const run = {
  run: id,
  mode: coded('swap', '重建并替换', 'rebuilt and swapped in'),
  compare: false,
  version: 1,
  live: 1,
  startedAt: at,
  by: { personId: orNull('administrator-1'), role: 'administrator', institutionId: orNull('college') },
  reason: orNull('report-differs'),
  ticket: orNull('OPS-1234'),
};

const ended = {
  ...run,
  endedAt: at,
  outcome: 'finished',
  generation: orNull(2),
  position: orNull('42'),
  digests: orNull({ live: '5f3a', rebuilt: '5f3a' }),
  differing: orNull(0),
  eventId: orNull('6f9619ff-8b86-8011-a42d-00cf4fc964ff'),
  eventType: orNull('StudentRegistered'),
};

const said = (events: readonly string[]): object => ({
  view: 'enrollment-register',
  run: id,
  revision: '4',
  position: '42',
  events,
  repeated: false,
});

const ofView = ['VIEW_UNKNOWN'] as const;

/** What is asked of rebuilds and how it is answered. */
export const rebuildAnswers: Readonly<Record<string, Answered>> = {
  rebuildViews: {
    title: { zh: '重建或比对全部视图', en: 'Rebuild every view from the log, or verify them' },
    status: 202,
    example: { items: [{ view: 'enrollment-register', run: orNull(id), code: orNull('REBUILD_RUNNING') }] },
  },
  rebuildView: {
    title: { zh: '重建或比对视图', en: 'Rebuild a view from the log, or verify it' },
    status: 202,
    example: said(['RebuildStarted']),
    refusals: ofView,
  },
  retryRebuild: {
    title: { zh: '重试失败的重建', en: 'Try a failed rebuild again' },
    status: 202,
    example: said(['RebuildStarted']),
    refusals: ofView,
  },
  pauseRebuild: {
    title: { zh: '暂停重建', en: 'Pause a rebuild' },
    example: said(['RebuildPaused']),
    refusals: ofView,
  },
  resumeRebuild: {
    title: { zh: '继续重建', en: 'Resume a rebuild' },
    example: said(['RebuildResumed']),
    refusals: ofView,
  },
  cancelRebuild: {
    title: { zh: '取消重建', en: 'Cancel a rebuild' },
    example: said(['RebuildCancelled']),
    refusals: ofView,
  },
  readRebuild: {
    title: { zh: '视图重建的进展与结果', en: 'How far a rebuild is, and how the last ones ended' },
    example: {
      view: 'enrollment-register',
      state: 'running',
      run: orNull(run),
      progress: orNull({
        phase: 'ranges',
        done: '20',
        head: '42',
        percent: 47,
        perSecond: 150_000,
        secondsLeft: orNull(1),
      }),
      lag: '0',
      ended: [ended],
    },
    refusals: ofView,
  },
  followRebuild: {
    title: { zh: '重建进展（服务器推送事件）', en: 'Progress of a rebuild as server-sent events, ending with its outcome' },
    mediaType: 'text/event-stream',
    example: `id: ${id}.1\nevent: progress\ndata: {"state":"running"}\n\n`,
    refusals: [...ofView, 'NOT_FOUND'],
  },
  readRebuildDifferences: {
    title: { zh: '最近一次比对发现的差异行', en: 'Rows that the last verification found to differ' },
    example: {
      view: 'enrollment-register',
      run: orNull(id),
      items: [{ table: 'register_enrollment', kind: 'changed', live: orNull({}), rebuilt: orNull({}) }],
    },
    refusals: ofView,
  },
};
