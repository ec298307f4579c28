import type { ProgramEvent } from '../events/catalog/curriculum.ts';
import type { Recorded } from '../kernel/decider.ts';
import { refuse, type Refusal } from '../kernel/refusal.ts';
import type { Codec } from '../runtime/codec.ts';
import { LogIndex } from './log-index.ts';
import type { EventStore } from '../ports/event-store.ts';

type Published = Extract<ProgramEvent, { type: 'ProgramPublished' }>;

export interface IndexedProgram {
  readonly programId: string;
  readonly institutionId: string;
  readonly code: string;
  readonly level: string;
  readonly lengthOfStudyMonths: number | null;
  readonly zh: string;
  readonly en: string;
}

/** Programs by code and name. */
export class ProgramIndex extends LogIndex<Recorded<Published>> {
  private readonly programs: IndexedProgram[] = [];

  constructor(store: EventStore, codec: Codec) {
    super(store, codec, { types: ['ProgramPublished'], prefixes: ['program-'] });
  }

  protected note({ institutionId, stream, data }: Recorded<Published>): void {
    const { code, level, lengthOfStudyMonths, name } = data;
    this.programs.push({
      programId: stream.slice('program-'.length),
      institutionId,
      code,
      level,
      lengthOfStudyMonths,
      zh: plainName(name.zh),
      en: plainName(name.en),
    });
  }

  /** The one program that a row means, or why it cannot be told. */
  find(
    institutionId: string,
    wanted: { readonly code?: string; readonly name?: string; readonly level?: string },
  ): IndexedProgram | Refusal {
    const name = wanted.name === undefined ? undefined : plainName(wanted.name);
    const here = this.programs.filter(
      (p) => p.institutionId === institutionId && (wanted.level === undefined || p.level === wanted.level),
    );
    const byCode = wanted.code === undefined ? here : here.filter((p) => p.code === wanted.code);
    const named = name === undefined ? byCode : byCode.filter((p) => p.zh === name || p.en === name);
    if (named.length === 1) return named[0]!;
    if (named.length > 1) {
      const candidates = named.map((p) => `${p.code} ${p.level}`);
      return refuse('PROGRAM_AMBIGUOUS', { program: wanted.name ?? wanted.code, candidates });
    }
    if (byCode.length > 0 && wanted.code !== undefined) {
      return refuse('PROGRAM_CODE_DISAGREES', { code: wanted.code, expected: byCode[0]!.zh, given: wanted.name });
    }
    return refuse('PROGRAM_UNKNOWN', { program: [wanted.code, wanted.name, wanted.level].filter(Boolean).join(' ') });
  }
}

/** Names are compared without width, case and spaces. */
export const plainName = (name: string): string => name.normalize('NFKC').replaceAll(/\s/g, '').toLowerCase();
