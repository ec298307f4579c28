import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
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

export function assertGuarded(routes: readonly Route[]): void {
  const seen = new Set<string>();
  for (const { operation, method, path } of routes) {
    if (!Object.hasOwn(policies, operation))
      throw new Error(`${method} ${path} has no policy: name ${operation} in edge/policy.ts`);
    if (seen.has(operation)) throw new Error(`two routes are called ${operation}, so one policy would stand for both`);
    seen.add(operation);
  }
}
