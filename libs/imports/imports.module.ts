import { Module } from '@nestjs/common';
import { PARTS, type Parts } from '../edge/parts.ts';
import { BATCHES, BatchesController } from './batches.http.ts';
import { Batches } from './batches.ts';
import { IMPORTS, ImportsController } from './imports.http.ts';
import { Imports } from './imports.ts';

@Module({
  controllers: [ImportsController, BatchesController],
  providers: [
    { provide: IMPORTS, inject: [PARTS], useFactory: (parts: Parts) => new Imports(parts) },
    { provide: BATCHES, inject: [PARTS, IMPORTS], useFactory: (parts: Parts, imports: Imports) => new Batches(parts, imports) },
  ],
})
export class ImportsModule {}
