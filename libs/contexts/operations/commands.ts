import type { CommandFacts } from '../../kernel/commands.ts';
import type { ParkingCommand } from './parking.ts';
import type { RebuildCommand } from './rebuild.ts';

export const rebuildCommands = {
  StartRebuild: {
    title: { zh: '重建或比对视图', en: 'Rebuild a view from the log, or verify it' },
    events: ['RebuildStarted'],
    refusals: ['REBUILD_RUNNING'],
  },
  RetryRebuild: {
    title: { zh: '重试失败的重建', en: 'Try a failed rebuild again' },
    events: ['RebuildStarted'],
    refusals: ['REBUILD_NOT_FAILED'],
  },
  PauseRebuild: {
    title: { zh: '暂停重建', en: 'Pause a rebuild' },
    events: ['RebuildPaused'],
    refusals: ['REBUILD_NOT_RUNNING'],
  },
  ResumeRebuild: {
    title: { zh: '继续重建', en: 'Resume a rebuild' },
    events: ['RebuildResumed'],
    refusals: ['REBUILD_NOT_RUNNING'],
  },
  CancelRebuild: {
    title: { zh: '取消重建', en: 'Cancel a rebuild' },
    events: ['RebuildCancelled'],
    refusals: ['REBUILD_NOT_RUNNING', 'REBUILD_NEEDED'],
  },
  FinishRebuild: {
    title: { zh: '登记重建完成', en: 'Record that a rebuild finished' },
    events: ['RebuildFinished'],
    refusals: [],
  },
  FailRebuild: {
    title: { zh: '登记重建失败', en: 'Record that a rebuild failed' },
    events: ['RebuildFailed'],
    refusals: [],
  },
} as const satisfies Record<RebuildCommand['type'], CommandFacts>;

export const parkingCommands = {
  ReleaseParkedKey: {
    title: { zh: '放行停放的键，略过不能折叠的事件', en: 'Let a parked key go on without the event that cannot be folded' },
    events: ['ParkedKeyReleased'],
    refusals: [],
  },
} as const satisfies Record<ParkingCommand['type'], CommandFacts>;
