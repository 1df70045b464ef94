import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Refused } from '../http/problem.js';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

type Fastify = ReturnType<ReturnType<NestFastifyApplication['getHttpAdapter']>['getInstance']>;

const ASSETS: { readonly [name: string]: string } = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Contract ledger</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;
const START = `window.ui = SwaggerUIBundle({ url: '/docs-json', dom_id: '#ui', deepLinking: true, persistAuthorization: false });\n`;

/** As much as the page needs. There is no TLS here, so nothing is upgraded to it. */
const helmet = {
  hsts: false,
  contentSecurityPolicy: {
    directives: { defaultSrc: ["'self'"], styleSrc: ["'self'", "'unsafe-inline'"], imgSrc: ["'self'", 'data:'], upgradeInsecureRequests: null },
  },
} as const;

/** `/docs` and `/docs-json`; what makes them is loaded when somebody first asks, so that the start does not wait for it. */
export function installDocs(app: NestFastifyApplication, fastify: Fastify, controllers: readonly Type[]): void {
  let document: Promise<object> | undefined;
  fastify.get('/docs', { helmet } as object, (_request, reply) => reply.type('text/html; charset=utf-8').send(PAGE));
  fastify.get('/docs-json', async () => (document ??= import('./document.js').then(({ openApiDocument }) => openApiDocument(app, controllers))));
  fastify.get<{ Params: { '*': string } }>('/docs/*', { helmet } as object, async (request, reply) => {
    const name = request.params['*'];
    if (name === 'start.js') return reply.type('text/javascript; charset=utf-8').send(START);
    if (!Object.hasOwn(ASSETS, name)) throw new Refused(404, 'no-such-path');
    const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
    return reply.type(ASSETS[name]!).header('cache-control', 'public, max-age=3600').send(await readFile(join(folder, name)));
  });
}
