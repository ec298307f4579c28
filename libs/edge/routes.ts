import { RequestMethod } from '@nestjs/common';
import { RouteParamtypes } from '@nestjs/common/internal';
import { METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FieldsPipe } from './fields.ts';
import { policies } from './policy.ts';

export interface Route {
  /** The handler's name: key of the policy table and `operationId` of the API document. */
  readonly operation: string;
  readonly method: string;
  /** With `:id` for parameters. */
  readonly path: string;
}

/** Every route of every controller. Throws where one has no policy, or two share a name: such a server must not start. */
export function routesOf(app: NestFastifyApplication): readonly Route[] {
  const scanner = new MetadataScanner();
  const routes: Route[] = [];
  for (const module of app.get(ModulesContainer).values()) {
    for (const { metatype } of module.controllers.values()) {
      if (!metatype) continue;
      const prototype = metatype.prototype as object;
      const base = Reflect.getMetadata(PATH_METADATA, metatype) as string;
      for (const name of scanner.getAllMethodNames(prototype)) {
        const handler = (prototype as Record<string, object>)[name]!;
        const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
        if (method === undefined) continue;
        checkFields(metatype, name);
        const path = `/${base}/${Reflect.getMetadata(PATH_METADATA, handler) as string}`;
        routes.push({
          operation: name,
          method: RequestMethod[method],
          path: path.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1'),
        });
      }
    }
  }
  assertGuarded(routes);
  return routes;
}

interface RouteArgument {
  pipes: unknown[];
}

/** Puts the pipe on every body and query of a handler, so that none can be forgotten. Arguments without a pipe cost Nest no promise. */
function checkFields(controller: object, name: string): void {
  const taken = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as Record<string, RouteArgument>;
  for (const [kind, argument] of Object.entries(taken)) {
    const isField = kind.startsWith(`${RouteParamtypes.BODY}:`) || kind.startsWith(`${RouteParamtypes.QUERY}:`);
    if (isField && !argument.pipes.includes(fields)) argument.pipes.push(fields);
  }
}

const fields = new FieldsPipe();

export function assertGuarded(routes: readonly Route[]): void {
  const seen = new Set<string>();
  for (const { operation, method, path } of routes) {
    if (!Object.hasOwn(policies, operation))
      throw new Error(`${method} ${path} has no policy: name ${operation} in edge/policy.ts`);
    if (seen.has(operation)) throw new Error(`two routes are called ${operation}, so one policy would stand for both`);
    seen.add(operation);
  }
}
