import type { Bilingual } from '../../kernel/bilingual.ts';
import type { CatalogOf } from './catalog.ts';

/** What becomes of the rows that are folded again. */
export const rebuildModes = {
  swap: { zh: '重建并替换', en: 'rebuilt and swapped in' },
  verify: { zh: '重建并比对，不替换', en: 'rebuilt and compared, nothing swapped' },
} as const satisfies Record<string, Bilingual>;
export type RebuildMode = keyof typeof rebuildModes;

/**
 * `rebuild-<view>`: a view is one for all institutions, so the stream is nobody's own, and an event names the institution of whom asked.
 * Never the content of a row.
 */
export type RebuildEvent =
  | {
      type: 'RebuildStarted';
      data: {
        run: string;
        mode: RebuildMode;
        /** Whether digests of the live and the rebuilt rows are taken before the swap. */
        compare: boolean;
        /** Of the view's fold in code. */
        version: number;
        /** Generation that readers used when it was asked for: a later one is what it was asked for. */
        live: number;
        ticket: string | null;
      };
    }
  | { type: 'RebuildPaused'; data: { run: string } }
  | { type: 'RebuildResumed'; data: { run: string } }
  | { type: 'RebuildCancelled'; data: { run: string; ticket: string | null } }
  | {
      type: 'RebuildFinished';
      data: {
        run: string;
        generation: number;
        /** Up to where the rows held the log. */
        position: string;
        digests: { live: string; rebuilt: string } | null;
        /** Rows that a verification found to differ, as far as they are shown. */
        differing: number;
      };
    }
  /** The event that could not be folded; null where something else failed. */
  | { type: 'RebuildFailed'; data: { run: string; position: string | null; eventId: string | null; eventType: string | null } };

/**
 * `parking-<view>`: fold keys of the view that somebody let go on without the event at which they stood; their rows lack it until a rebuild. Nobody's
 * own stream either. A key names no person but by the id of a record.
 */
export type ParkingEvent = {
  type: 'ParkedKeyReleased';
  data: {
    key: string;
    /** Of the view's rows. */
    generation: number;
    /** Of the event that is left out. */
    position: string;
    eventId: string;
    eventType: string;
    ticket: string | null;
  };
};

export const operationsCatalog = {
  RebuildStarted: { version: 1, effect: 'machinery', title: { zh: '开始重建视图', en: 'Rebuild of a view started' } },
  RebuildPaused: { version: 1, effect: 'machinery', title: { zh: '暂停重建', en: 'Rebuild paused' } },
  RebuildResumed: { version: 1, effect: 'machinery', title: { zh: '继续重建', en: 'Rebuild resumed' } },
  RebuildCancelled: { version: 1, effect: 'machinery', title: { zh: '取消重建', en: 'Rebuild cancelled' } },
  RebuildFinished: { version: 1, effect: 'machinery', title: { zh: '重建完成', en: 'Rebuild finished' } },
  RebuildFailed: { version: 1, effect: 'machinery', title: { zh: '重建失败', en: 'Rebuild failed' } },
  ParkedKeyReleased: { version: 1, effect: 'machinery', title: { zh: '放行停放的键', en: 'Parked key released' } },
} as const satisfies CatalogOf<RebuildEvent | ParkingEvent>;
