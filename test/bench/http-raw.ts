// The peer of append-http: a Nest-Fastify handler that takes the same request and does nothing.
import 'reflect-metadata';
import { Body, Controller, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

class Empty {
  take(_id: string, _body: object): object {
    return { done: true };
  }
}

// Decorators by hand: Node strips types, and decorators are none.
const handler = Object.getOwnPropertyDescriptor(Empty.prototype, 'take')!;
Param('id')(Empty.prototype, 'take', 0);
Body()(Empty.prototype, 'take', 1);
Post(':id/:what')(Empty.prototype, 'take', handler);
Controller('v1/enrollments')(Empty);

// oxlint-disable-next-line typescript/no-extraneous-class -- a Nest module is a class
class Raw {}
Module({ controllers: [Empty] })(Raw);

const app = await NestFactory.create<NestFastifyApplication>(Raw, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
console.log(await app.getUrl());
