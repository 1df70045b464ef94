/**
 * The OpenAPI document, made when somebody first asks: @nestjs/swagger is slow to load, and nothing else needs it. The
 * schemas are read off the rules that judge the bodies, so they cannot say anything else.
 */
import { RequestMethod } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiHeader, ApiOperation, ApiParam, ApiProperty, ApiQuery, ApiResponse, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { accessOf } from '../http/access.js';
import { CommandQuery } from '../http/dto/query.dto.js';
import { membersOf, rulesOf } from '../http/dto/rules.js';
import { RULES } from '../http/rule-texts.js';
import { CALLS } from './calls.js';
import { POLICY_SWITCHES } from '@app/agreement';
import { EVENT_TYPE_NAMES } from '@app/published';
import type { CallDescription } from './calls.js';
import type { Class, Shape } from '../http/dto/rules.js';
import type { RuleName } from '../http/rule-texts.js';
import type { INestApplication, Type } from '@nestjs/common';
import type { ApiPropertyOptions, OpenAPIObject } from '@nestjs/swagger';

const yen = { type: 'integer', minimum: 0, maximum: 10 ** 12 } as const;
const tier = { type: 'object', required: ['unit'], properties: { upTo: { type: 'integer', minimum: 1 }, unit: yen } } as const;
const kind = (value: string) => ({ type: 'string', enum: [value] }) as const;
const FEE = {
  type: 'object',
  description: 'A monthly fee. Tiers ascend, all bounded but the last; each account costs the unit of its tier.',
  oneOf: [
    { type: 'object', required: ['kind', 'amount'], properties: { kind: kind('fixed'), amount: yen } },
    { type: 'object', required: ['kind', 'unit'], properties: { kind: kind('perAccount'), unit: yen } },
    { type: 'object', required: ['kind', 'tiers'], properties: { kind: kind('tiered'), tiers: { type: 'array', items: tier } } },
  ],
} as const;
const POLICIES = {
  type: 'object',
  properties: Object.fromEntries(Object.entries(POLICY_SWITCHES).map(([name, { values }]) => [name, { type: 'string', enum: [...values] }])),
};
const REPLACEMENT = {
  type: 'object',
  required: ['command', 'body'],
  properties: { command: { type: 'string', description: "The path after the contract's id; empty: the contract's own entry" }, body: { type: 'object' } },
};
const TYPES = { type: 'array', items: { type: 'string', enum: [...EVENT_TYPE_NAMES] } };
const PROBLEM = {
  type: 'object',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    errors: { type: 'array', items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } } } },
    violations: {
      type: 'array',
      items: { type: 'object', properties: { clause: { type: 'string' }, code: { type: 'string' }, detail: { type: 'string' }, facts: { type: 'object' } } },
    },
  },
};

function schemaOfRule(name: string, args: readonly unknown[]): object {
  const description = (RULES[name as RuleName].en as (...args: readonly string[]) => string)(...args.map(String));
  switch (name as RuleName) {
    case 'text':
      return { type: 'string', minLength: args[0], maxLength: args[1], description };
    case 'id':
      return { type: 'string', format: 'uuid', description };
    case 'day':
      return { type: 'string', format: 'date', description };
    case 'instant':
      return { type: 'string', format: 'date-time', description };
    case 'whole':
      return { type: 'integer', minimum: args[0], maximum: args[1], description };
    case 'yen':
      return { ...yen, description };
    case 'option':
      return { type: 'integer', minimum: 1, maximum: 45, description };
    case 'flag':
      return { type: 'boolean', description };
    case 'oneOf':
      return { type: 'string', enum: [...args] };
    default:
      return { type: 'string', description };
  }
}

function schemaOfShape(shape: Shape, name: string, seen: Set<Class>): object {
  switch (shape.kind) {
    case 'part':
      describe(shape.type, seen);
      return { type: () => shape.type };
    case 'parts':
      describe(shape.type, seen);
      return { type: () => [shape.type], minItems: shape.min, maxItems: shape.max };
    case 'keyed':
      return {
        type: 'object',
        description: "By the options' ids",
        additionalProperties: shape.of === 'accounts' ? { type: 'integer', minimum: 1 } : { type: 'object', required: ['monthly'], properties: { monthly: FEE } },
      };
    case 'fee':
      return FEE;
    case 'raw':
      return name === 'policies' ? POLICIES : name === 'types' ? TYPES : REPLACEMENT;
  }
}

/** Tells @nestjs/swagger what the rules say of a DTO's members. */
function describe(type: Class, seen: Set<Class>): void {
  if (seen.has(type)) return;
  seen.add(type);
  const members = membersOf(type);
  const rules = new Map(rulesOf(type).filter((r) => r.name !== undefined).map((r) => [r.propertyName, r]));
  for (const name of new Set([...members.keys(), ...rules.keys()])) {
    const member = members.get(name);
    const rule = rules.get(name);
    const schema = member?.shape ? schemaOfShape(member.shape, name, seen) : rule ? schemaOfRule(rule.name!, (rule.constraints ?? []) as unknown[]) : {};
    const options = { ...schema, required: !member?.optional, ...(member?.nullable && { nullable: true }) } as ApiPropertyOptions;
    ApiProperty(options)(type.prototype as object, name);
  }
}

const METHODS: { readonly [method: number]: string } = { [RequestMethod.GET]: 'GET', [RequestMethod.POST]: 'POST', [RequestMethod.PUT]: 'PUT', [RequestMethod.PATCH]: 'PATCH', [RequestMethod.DELETE]: 'DELETE' };
const ROUTE_ARGS = '__routeArguments__';
const BODY = 3;
const QUERY = 4;

/** The class of a handler's body or query, as its parameter says. */
function parameterType(controller: Type, handler: string, kindOf: number): Class | undefined {
  const types = Reflect.getMetadata('design:paramtypes', controller.prototype as object, handler) as readonly Class[];
  const args = (Reflect.getMetadata(ROUTE_ARGS, controller, handler) ?? {}) as { readonly [key: string]: { readonly index: number } };
  const found = Object.entries(args).find(([key]) => key.startsWith(`${kindOf}:`));
  return found && types[found[1].index];
}

function annotate(controller: Type, seen: Set<Class>): void {
  const base = Reflect.getMetadata('path', controller) as string;
  const prototype = controller.prototype as { readonly [name: string]: unknown };
  for (const handler of Object.getOwnPropertyNames(prototype)) {
    const method = METHODS[Reflect.getMetadata('method', prototype[handler] as object) as number];
    if (handler === 'constructor' || method === undefined) continue;
    const path = Reflect.getMetadata('path', prototype[handler] as object) as string;
    const route = `/${[base, path].filter((p) => p !== '' && p !== '/').join('/')}`;
    const call = (CALLS as { readonly [route: string]: CallDescription })[`${method} ${route}`];
    const access = accessOf(method, route);
    if (call === undefined || access === null) throw new Error(`${method} ${route} is not described`);
    const descriptor = Object.getOwnPropertyDescriptor(prototype, handler)!;
    const say = (...decorators: readonly MethodDecorator[]): void => decorators.forEach((d) => void d(prototype, handler, descriptor));
    const body = parameterType(controller, handler, BODY);
    const query = parameterType(controller, handler, QUERY);
    if (body) describe(body, seen);
    if (query) describe(query, seen);
    say(ApiOperation({ summary: call.summary, description: call.summaryJa, tags: [call.tag], operationId: `${controller.name.replace('Controller', '')}_${handler}` }));
    for (const [, name] of route.matchAll(/:(\w+)/g)) say(ApiParam({ name: name!, schema: name!.endsWith('d') && name !== 'vendor' ? { type: 'string', format: 'uuid' } : { type: 'string' } }));
    if (body) say(ApiBody({ type: body, examples: { example: { value: call.example } } }));
    say(ApiResponse({ status: method === 'POST' && access === 'command' ? 201 : 200, description: 'OK' }));
    const problem = (status: number, description: string): MethodDecorator =>
      ApiResponse({ status, description, content: { 'application/problem+json': { schema: PROBLEM as never } } });
    if (access === 'public') continue;
    say(ApiBearerAuth(), problem(400, 'Malformed'), problem(401, 'No valid token'), problem(403, 'The role does not allow it'), problem(503, 'Not available now'));
    if (access !== 'command' && !/^\/v1\/(tokens|webhooks)/.test(route) && !route.endsWith('/erasures')) continue;
    if (method === 'GET') continue;
    describe(CommandQuery, seen);
    say(
      ApiQuery({ name: 'preview', required: false, enum: ['true', 'false'], description: 'The same answer, nothing stored' }),
      ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same key with the same path and body answers as the first time' }),
      ApiHeader({ name: 'X-Correlation-Id', required: false, description: 'What this belongs to, kept with the events' }),
      ApiHeader({ name: 'X-Causation-Id', required: false, description: 'What brought this about, kept with the events' }),
      problem(409, 'Refused'),
      problem(422, 'The key belongs to another request'),
    );
    if (/\/(corrections|withdrawals|erasures)$/.test(route)) say(ApiResponse({ status: 202, description: 'Kept until another subject decides (four eyes)' }));
    if (route.startsWith('/v1/contracts/:id'))
      say(ApiHeader({ name: 'If-Match', required: false, description: 'The revision decided on, in quotes' }), problem(404, 'Not found'), problem(412, 'The contract is at another revision'));
  }
}

/** The document of an application's routes. */
export function openApiDocument(app: INestApplication, controllers: readonly Type[]): OpenAPIObject {
  const seen = new Set<Class>();
  for (const controller of controllers) annotate(controller, seen);
  const config = new DocumentBuilder()
    .setTitle('Contract ledger')
    .setDescription(
      'Contracts under the IIJ Secure Endpoint Service agreement, decided by its clauses. Money is whole yen without tax, dates are JST. ' +
        'Every decision is a reading of the agreement, not legal advice. 日付は日本時間、金額は税抜の円。判定は規程の一つの読み方であり、法的助言ではありません。',
    )
    .setVersion('1')
    .addBearerAuth()
    .build();
  return SwaggerModule.createDocument(app, config);
}
