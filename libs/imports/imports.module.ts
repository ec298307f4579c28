import { Module } from '@nestjs/common';
import { PARTS, type Parts } from '../edge/parts.ts';
import { streamsOf, subjectIndex } from '../read-models/subject-index.ts';
import { BATCHES, BatchesController } from './batches.http.ts';
import { Batches } from './batches.ts';
import { caughtUp } from './caught-up.http.ts';
import { IMPORTS, ImportsController } from './imports.http.ts';
import { Imports } from './imports.ts';
import { ImportUndoController, UNDOING } from './undo.http.ts';
import { Undoing } from './undo.ts';

const patienceMs = 30_000;

/** Whom an undo would pull the ground from is read off the index of streams, as far as the log was when a page of rows was begun. */
const undoingOf = (parts: Parts, imports: Imports): Undoing =>
  new Undoing({
    ...parts,
    zoneOf: (institutionId) => parts.institutions.get(institutionId) ?? 'Asia/Shanghai',
    caughtUp: () => caughtUp(parts, subjectIndex, patienceMs),
    streamsAbout: (institutionId, learnerId) => parts.views.read(subjectIndex, (db) => streamsOf(db, institutionId, learnerId)),
    settled: (runId) => imports.settled(runId),
  });

@Module({
  controllers: [ImportsController, BatchesController, ImportUndoController],
  providers: [
    { provide: IMPORTS, inject: [PARTS], useFactory: (parts: Parts) => new Imports(parts) },
    { provide: BATCHES, inject: [PARTS, IMPORTS], useFactory: (parts: Parts, imports: Imports) => new Batches(parts, imports) },
    { provide: UNDOING, inject: [PARTS, IMPORTS], useFactory: undoingOf },
  ],
})
export class ImportsModule {}
