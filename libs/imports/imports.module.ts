import { Module } from '@nestjs/common';
import { PARTS, type Parts } from '../edge/parts.ts';
import { IMPORTS, ImportsController } from './imports.http.ts';
import { Imports } from './imports.ts';

@Module({
  controllers: [ImportsController],
  providers: [{ provide: IMPORTS, inject: [PARTS], useFactory: (parts: Parts) => new Imports(parts) }],
})
export class ImportsModule {}
