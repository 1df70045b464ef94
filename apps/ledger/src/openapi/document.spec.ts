import { ACCESS } from '../http/access.js';
import { CALLS } from './calls.js';
import { StubLedger, UUID, ask, serve } from '../testing/stub-ledger.js';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

interface Operation {
  readonly summary?: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: { readonly [type: string]: { readonly schema: object; readonly examples: { readonly example: { readonly value: object } } } } };
}
interface Document {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly schemas: { readonly [name: string]: { readonly properties: { readonly [name: string]: object }; readonly required?: readonly string[] } } };
}

describe('the documentation', () => {
  let app: NestFastifyApplication;
  const ledger = new StubLedger();
  let document: Document;
  beforeAll(async () => {
    app = await serve(ledger);
    document = (await ask(app, 'GET', '/docs-json')).body as unknown as Document;
  });
  afterAll(() => app.close());

  const described = Object.entries(CALLS);

  it('describes every route of the access table', () => {
    const routes = Object.keys(ACCESS).filter((r) => !r.includes(' /docs'));
    expect(described.map(([route]) => route).sort()).toEqual(routes.sort());
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((m) => `${m.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(documented.sort()).toEqual(routes.sort());
  });

  it.each(described.filter(([, call]) => call.example))('%s has an example that works', async (route, call) => {
    const [method, path] = route.split(' ') as ['POST' | 'PUT', string];
    const url = path.replace(':vendor', 'MOTEX').replace(':projection', 'renewals').replace(/:\w+/g, UUID);
    const { status } = await ask(app, method, url, call.example);
    expect([200, 201, 202]).toContain(status);
    const operation = document.paths[path.replace(/:(\w+)/g, '{$1}')]![method.toLowerCase()]!;
    expect(operation.requestBody!.content['application/json']!.examples.example.value).toEqual(call.example);
  });

  it('has a body example for every call that takes one', () => {
    const bodies = Object.entries(document.paths).flatMap(([, methods]) => Object.values(methods).filter((o) => o.requestBody));
    expect(bodies.length).toBe(described.filter(([, call]) => call.example).length);
  });

  it('says of a body what its rules say', () => {
    const dto = document.components.schemas['ContractItemDto']!;
    expect(dto.required).toEqual(expect.arrayContaining(['managementUnitId', 'item', 'accountCount', 'fees', 'licensorTerms']));
    expect(dto.required).not.toContain('reason');
    expect(dto.properties['accountCount']).toMatchObject({ type: 'integer', minimum: 1, maximum: 1_000_000 });
    expect(dto.properties['billingStartsOn']).toMatchObject({ type: 'string', format: 'date' });
    expect(document.components.schemas['ContractFeesDto']!.properties['initial']).toMatchObject({ nullable: true });
    expect(document.components.schemas['ContractFeesDto']!.properties['monthly']).toHaveProperty('oneOf');
  });

  it('names query parameters, and the headers of commands', () => {
    const names = (path: string, method: string) => document.paths[path]![method]!.parameters.map((p) => p.name);
    expect(names('/v1/contracts/{id}', 'get')).toEqual(expect.arrayContaining(['id', 'asOf', 'knownAt', 'atLeast']));
    expect(names('/v1/contracts/{id}/terminations', 'post')).toEqual(expect.arrayContaining(['preview', 'Idempotency-Key', 'If-Match']));
  });

  it('serves its page under a policy that lets it run', async () => {
    const page = await app.inject({ method: 'GET', url: '/docs' });
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('upgrade-insecure-requests');
    for (const [, asset] of page.payload.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)) expect([asset, (await app.inject({ method: 'GET', url: asset! })).statusCode]).toEqual([asset, 200]);
    expect((await app.inject({ method: 'GET', url: '/docs/package.json' })).statusCode).toBe(404);
    expect((await app.inject({ method: 'GET', url: '/docs/..%2fpackage.json' })).statusCode).toBe(404);
  });
});
