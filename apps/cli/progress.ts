import type { Language } from '../../libs/kernel/bilingual.ts';
import { words } from './words.ts';

const width = 28;

/** One line on a terminal's standard error, redrawn at most ten times a second; silent elsewhere. */
export class Progress {
  private readonly started = performance.now();
  private readonly language: Language;
  private readonly out: NodeJS.WriteStream;
  private drawn = 0;

  constructor(language: Language, out: NodeJS.WriteStream = process.stderr) {
    this.language = language;
    this.out = out;
  }

  /** `part` is the share of the work done, 0 to 1. */
  show(part: number, rows: number): void {
    const now = performance.now();
    if (!this.out.isTTY || (now - this.drawn < 100 && part < 1)) return;
    this.drawn = now;
    const seconds = (now - this.started) / 1000;
    const full = Math.round(Math.min(1, part) * width);
    const left = part > 0 ? Math.ceil((seconds / part) * (1 - part)) : '–';
    const text = `${'█'.repeat(full)}${'░'.repeat(width - full)} ${String(Math.floor(part * 100)).padStart(3)} %`;
    const rate = seconds > 0 ? Math.round(rows / seconds) : 0;
    const line = `${text}  ${rows} ${words.rows[this.language]}  ${rate} ${words.perSecond[this.language]}  ${words.left[this.language]} ${left} s`;
    this.out.write(`\r\x1b[2K${line}`);
  }

  clear(): void {
    if (this.out.isTTY) this.out.write('\r\x1b[2K');
  }
}
