import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { caughtUp } from '../edge/guard.ts';
import { PARTS, type Parts } from '../edge/parts.ts';
import { streamsOf, subjectIndex } from '../read-models/subject-index.ts';
import { BATCHES, BatchesController } from './batches.http.ts';
import { Batches } from './batches.ts';
import { ImportsController } from './imports.http.ts';
import { Imports } from './imports.ts';
import { NearDuplicatesController, nearDuplicatesOf } from './near-duplicates.http.ts';
import { IMPORTS, UPLOADS } from './sent-file.http.ts';
import { ImportUndoController, UNDOING } from './undo.http.ts';
import { Undoing } from './undo.ts';
import { UploadsController } from './uploads.http.ts';
import { Uploads } from './uploads.ts';

const patienceMs = 30_000;

/** Whom an undo would pull the ground from is read off the index of streams, as far as the log was when a page of rows was begun. */
const undoingOf = (parts: Parts, imports: Imports): Undoing =>
  new Undoing({
    ...parts,
    zoneOf: (institutionId) => parts.institutions.get(institutionId) ?? 'Asia/Shanghai',
    caughtUp: () => caughtUp(parts, [subjectIndex], patienceMs),
    streamsAbout: (institutionId, learnerId) => parts.views.read(subjectIndex, (db) => streamsOf(db, institutionId, learnerId)),
    settled: (runId) => imports.settled(runId),
  });

function uploadsOf(parts: Parts, imports: Imports): Uploads | null {
  const { uploads, vault, clock } = parts;
  if (!uploads) return null;
  return new Uploads({
    ...uploads,
    vault,
    clock,
    imports,
    nearDuplicates: (institutionId, people) => nearDuplicatesOf(parts, institutionId, people),
  });
}

@Module({
  controllers: [ImportsController, BatchesController, ImportUndoController, UploadsController, NearDuplicatesController],
  providers: [
    { provide: IMPORTS, inject: [PARTS], useFactory: (parts: Parts) => new Imports(parts) },
    { provide: BATCHES, inject: [PARTS, IMPORTS], useFactory: (parts: Parts, imports: Imports) => new Batches(parts, imports) },
    { provide: UNDOING, inject: [PARTS, IMPORTS], useFactory: undoingOf },
    { provide: UPLOADS, inject: [PARTS, IMPORTS], useFactory: uploadsOf },
  ],
})
export class ImportsModule implements OnApplicationBootstrap {
  private readonly uploads: Uploads | null;

  constructor(@Inject(UPLOADS) uploads: Uploads | null) {
    this.uploads = uploads;
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.uploads?.start();
  }
}
