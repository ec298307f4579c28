import { createReadStream, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { entry } from '../kernel/same.ts';
import { describeApi, type Described } from './openapi.ts';
import { Problem } from './problem.ts';

/** Documents about the API itself: they hold nothing of anybody. */
export const documents: readonly string[] = ['/openapi.json', '/docs', '/docs/', '/docs/:file'];

/** What the page is made of, as `swagger-ui-dist` brings it: it needs no network. */
const files: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-16x16.png': 'image/png',
  'favicon-32x32.png': 'image/png',
};

const page = `<!doctype html>
<html lang="zh-CN">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>人才培养账本 API · Training ledger API</title>
    <link rel="stylesheet" href="docs/swagger-ui.css" />
    <link rel="icon" type="image/png" href="docs/favicon-32x32.png" sizes="32x32" />
    <link rel="icon" type="image/png" href="docs/favicon-16x16.png" sizes="16x16" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script>
      SwaggerUIBundle({ url: 'openapi.json', dom_id: '#swagger-ui', deepLinking: true });
    </script>
  </body>
</html>
`;

/** OpenAPI 3.1 at `/openapi.json`, and a page to browse it at `/docs`. */
export function serveDocuments(fastify: FastifyInstance, app: NestFastifyApplication, described: Described): void {
  let document: Promise<string> | undefined;
  fastify.get('/openapi.json', async (_request, reply) => {
    // When somebody first asks: what describes some hundred and sixty routes takes as long to load and to run as a third of a start.
    document ??= describeApi(app, described).then((whole) => JSON.stringify(whole));
    return reply.type('application/json; charset=utf-8').send(await document);
  });
  fastify.get('/docs', (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
  // Its parts are named beside it.
  fastify.get('/docs/', (_request, reply) => reply.redirect('../docs'));

  const manifest = createRequire(import.meta.url).resolve('swagger-ui-dist/package.json');
  const etag = `"${(JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version}"`;
  fastify.get<{ Params: { file: string } }>('/docs/:file', (request, reply) => {
    const type = entry(files, request.params.file);
    if (type === undefined) throw new Problem('ROUTE_UNKNOWN');
    reply.header('etag', etag).header('cache-control', 'no-cache');
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    return reply.type(type).send(createReadStream(join(dirname(manifest), request.params.file)));
  });
}
