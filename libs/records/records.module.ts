import { Module } from '@nestjs/common';
import { ApprenticeRecords } from './apprentice.http.ts';
import { ApprenticeshipRecords } from './apprenticeship.http.ts';
import { AsOfRecords } from './as-of.http.ts';
import { AttemptRecords } from './attempts.http.ts';
import { ClassRecords } from './classes.http.ts';
import { CurriculumRecords } from './curriculum.http.ts';
import { EnrollmentRecordsController } from './enrollments.http.ts';
import { LearnerRecords } from './learners.http.ts';
import { LedgerRecords } from './ledger.http.ts';
import { ParkedRecords } from './parked.http.ts';
import { RebuildRecords } from './rebuilds.http.ts';
import { ReferenceRecords } from './reference.http.ts';
import { SelectionRecords } from './selections.http.ts';
import { TaskRecords } from './tasks.http.ts';
import { TeacherRecords } from './teachers.http.ts';
import { TranscriptRecords } from './transcripts.http.ts';

/** Everything that is read: from the log itself where one record is asked about, from views where many are. */
@Module({
  controllers: [
    LearnerRecords,
    EnrollmentRecordsController,
    ClassRecords,
    TaskRecords,
    ReferenceRecords,
    CurriculumRecords,
    TeacherRecords,
    TranscriptRecords,
    AttemptRecords,
    ApprenticeRecords,
    ApprenticeshipRecords,
    SelectionRecords,
    AsOfRecords,
    LedgerRecords,
    RebuildRecords,
    ParkedRecords,
  ],
})
export class RecordsModule {}
