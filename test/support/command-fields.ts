import { PARAMTYPES_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { documentedFields } from '../../libs/edge/fields.ts';
import { policies } from '../../libs/edge/policy.ts';
import { routesOf, type Route } from '../../libs/edge/routes.ts';

/** What commands take, read from the classes that check them: whoever adds a field or a command is seen here. */
export interface FieldSchema {
  readonly type?: unknown;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly isArray?: boolean;
  readonly items?: { readonly enum?: readonly string[]; readonly pattern?: string; readonly maxLength?: number };
}

export interface Field {
  /** `identity.name`, `rows[].contact.phone` */
  readonly path: string;
  readonly schema: FieldSchema;
}

export interface CommandRoute extends Route {
  readonly fields: readonly Field[];
}

type Class = abstract new (...args: never[]) => object;

const bodyParameter = /^3:(\d+)$/;

function* inheritedFirst(type: Class): Generator<object> {
  const parent = Object.getPrototypeOf(type.prototype) as object;
  if (parent !== Object.prototype) yield* inheritedFirst(parent.constructor as Class);
  yield type.prototype as object;
}

export function fieldsOf(type: Class, prefix = ''): Field[] {
  const described = [...inheritedFirst(type)].flatMap((prototype) => [...(documentedFields().get(prototype) ?? [])]);
  return described.flatMap(([name, description]): Field[] => {
    const schema = description as FieldSchema;
    const path = `${prefix}${name}`;
    const nested =
      typeof schema.type === 'function' && schema.type.prototype === undefined ? (schema.type as () => Class)() : null;
    return nested === null ? [{ path, schema }] : fieldsOf(nested, `${path}${schema.isArray ? '[]' : ''}.`);
  });
}

/** Every route that carries out a command, with the fields of its body. */
export function commandRoutesOf(app: NestFastifyApplication): ReadonlyMap<string, CommandRoute> {
  const found = new Map<string, CommandRoute>();
  const bodies = new Map<string, Class>();
  for (const module of app.get(ModulesContainer).values()) {
    for (const { metatype } of module.controllers.values()) {
      const prototype = metatype?.prototype as object | undefined;
      if (!metatype || !prototype) continue;
      for (const name of Object.getOwnPropertyNames(prototype)) {
        const args = Reflect.getMetadata(ROUTE_ARGS_METADATA, metatype, name) as Record<string, unknown> | undefined;
        const at = Object.keys(args ?? {})
          .map((key) => bodyParameter.exec(key)?.[1])
          .find((index) => index !== undefined);
        const types = Reflect.getMetadata(PARAMTYPES_METADATA, prototype, name) as readonly Class[] | undefined;
        if (at !== undefined && types) bodies.set(name, types[Number(at)]!);
      }
    }
  }
  for (const route of routesOf(app)) {
    if (policies[route.operation]?.command === undefined) continue;
    const body = bodies.get(route.operation);
    found.set(route.operation, { ...route, fields: body ? fieldsOf(body) : [] });
  }
  return found;
}
