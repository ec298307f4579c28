/** Bodies as the API document's own examples have them: what it shows must be what it takes. */
// oxlint-disable-next-line typescript/no-explicit-any -- a JSON document
type Schema = any;

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Schema>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export class Examples {
  readonly #document: ApiDocument;

  constructor(document: ApiDocument) {
    this.#document = document;
  }

  /** What an operation takes: its fields that are needed, or all of them. */
  body(path: string, method: string, all = false): Record<string, unknown> {
    const operation = this.#document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
    const schema = operation?.requestBody?.content?.['application/json']?.schema;
    return schema === undefined ? {} : (this.#of(schema, all) as Record<string, unknown>);
  }

  #of(schema: Schema, all: boolean): unknown {
    const { $ref: ref, allOf, anyOf } = schema as { $ref?: string; allOf?: Schema[]; anyOf?: Schema[] };
    if (ref !== undefined) return this.#of(this.#document.components.schemas[ref.split('/').at(-1)!], all);
    if (schema.example !== undefined) return schema.example;
    if (allOf ?? anyOf) return this.#of((allOf ?? anyOf)![0], all);
    if (schema.enum) return schema.enum[0];
    const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
    switch (type) {
      case 'object':
        return Object.fromEntries(
          Object.entries(schema.properties ?? {})
            .filter(([name]) => all || (schema.required ?? []).includes(name))
            .map(([name, inner]) => [name, this.#of(inner, all)]),
        );
      case 'array':
        return [this.#of(schema.items, all)];
      case 'integer':
        return schema.minimum ?? 0;
      case 'boolean':
        return true;
      default:
        return 'x';
    }
  }
}
