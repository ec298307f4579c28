import { Module } from '@nestjs/common';
import { ExportsController } from './exports.http.ts';

@Module({ controllers: [ExportsController] })
export class ExportsModule {}
