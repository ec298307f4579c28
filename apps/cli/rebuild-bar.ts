import { fill, type Language } from '../../libs/kernel/bilingual.ts';
import { words } from './words.ts';

const width = 24;
/** Between two lines where no terminal redraws one. */
const linesMs = 5_000;

/** What the server tells of a rebuild on its way. */
export interface Shown {
  readonly state: 'idle' | 'running' | 'paused';
  readonly progress: {
    readonly done: string;
    readonly percent: number;
    readonly perSecond: number;
    readonly secondsLeft: number | null;
  } | null;
  /** Events that the live rows are behind. */
  readonly lag: string;
}

/** One line on a terminal's standard error, redrawn as the server tells more; elsewhere a line now and then, and one where it stands still. */
export class RebuildBar {
  private readonly view: string;
  private readonly language: Language;
  private readonly out: NodeJS.WriteStream;
  private said = performance.now();
  private state: Shown['state'] = 'running';

  constructor(view: string, language: Language, out: NodeJS.WriteStream = process.stderr) {
    this.view = view;
    this.language = language;
    this.out = out;
  }

  show(told: Shown): void {
    const line = lineOf(this.view, told, this.language);
    if (this.out.isTTY) {
      this.out.write(`\r\x1b[2K${barOf(told)} ${line}`);
      return;
    }
    const now = performance.now();
    const moved = this.state !== told.state;
    this.state = told.state;
    if (!moved && now - this.said < linesMs) return;
    this.said = now;
    this.out.write(`${line}\n`);
  }

  clear(): void {
    if (this.out.isTTY) this.out.write('\r\x1b[2K');
  }
}

const barOf = ({ progress }: Shown): string => {
  const full = Math.round(((progress?.percent ?? 0) / 100) * width);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
};

export function lineOf(view: string, { state, progress, lag }: Shown, language: Language): string {
  if (state === 'paused') return fill(words.rebuildPaused[language], { view, percent: progress?.percent ?? 0 });
  const { percent = 0, done = '0', perSecond = 0, secondsLeft = null } = progress ?? {};
  return fill(words.rebuildProgress[language], {
    view,
    percent: String(percent).padStart(3),
    done,
    rate: perSecond,
    left: secondsLeft ?? '–',
    lag,
  });
}
