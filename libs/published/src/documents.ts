/** The feed's shapes written out for others: JSON Schema, AsyncAPI 3, and the types that a consumer copies. */
import { Envelope, EVENT_TYPE_NAMES, EVENT_TYPES, envelopeFields, MONEY, PUBLISHED_STREAM, schemaIdOf, type EventType } from './events.js';
import { object, type Fields, type JsonSchema, type Schema } from './schema.js';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
export const ENVELOPE_SCHEMA = 'ledger.envelope.v1';

/** The JSON Schema (2020-12) of the `data` of a type, or of the envelope; open for members that a later build adds. */
export function jsonSchemaOf(type: EventType | typeof ENVELOPE_SCHEMA): JsonSchema {
  const [summary, schema]: readonly [string, Schema<unknown>] =
    type === ENVELOPE_SCHEMA ? ['A published event: CloudEvents 1.0 in structured JSON. The schema of `data` is named by `dataschema`.', Envelope] : [EVENT_TYPES[type].summary, EVENT_TYPES[type].data];
  return { $schema: DIALECT, $id: schemaIdOf(type), title: type, description: summary, ...schema.json, ...definitions(schema) };
}

const definitions = ({ named }: Schema<unknown>): object => (named.size === 0 ? {} : { $defs: Object.fromEntries([...named].map(([name, s]) => [name, s.json])) });

/** Every schema by name; what `GET /v1/feed/schemas` serves. */
export const feedSchemas = (): { readonly [name: string]: JsonSchema } => Object.fromEntries([ENVELOPE_SCHEMA, ...EVENT_TYPE_NAMES].map((name) => [name, jsonSchemaOf(name as EventType)]));

const inComponents = (schema: JsonSchema): JsonSchema => JSON.parse(JSON.stringify(schema).replaceAll('#/$defs/', '#/components/schemas/')) as JsonSchema;

/** AsyncAPI 3.0.0 document of the feed. */
export function asyncApi(): JsonSchema {
  const types = EVENT_TYPE_NAMES.map((type) => ({ type, ...EVENT_TYPES[type] }));
  const named = new Map<string, Schema<unknown>>(types.flatMap(({ data }) => [...data.named]));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Billing feed of the contract ledger',
      version: '1.0.0',
      description:
        'Every event that matters for billing, in one order, complete from the first, with its money. A consumer replaces lines by lineId, drops what is void, and adds up; it stops at a type that it does not know. Within a version members are only added.',
    },
    defaultContentType: 'application/cloudevents+json',
    channels: {
      billing: {
        address: PUBLISHED_STREAM,
        title: 'The published log',
        description: 'One append-only stream, ordered by sequence. Pull, server-sent events, webhooks and the stream itself serve the same bytes.',
        messages: Object.fromEntries(types.map(({ type }) => [type, { $ref: `#/components/messages/${type}` }])),
      },
    },
    operations: {
      publishBilling: { action: 'send', channel: { $ref: '#/channels/billing' }, summary: 'The ledger publishes; a biller reads in order and keeps its place.' },
    },
    components: {
      messages: Object.fromEntries(
        types.map(({ type, summary }) => [
          type,
          {
            name: type,
            title: type,
            summary,
            contentType: 'application/cloudevents+json',
            payload: {
              allOf: [
                { $ref: `#/components/schemas/${ENVELOPE_SCHEMA}` },
                {
                  type: 'object',
                  properties: { type: { const: type }, dataschema: { const: schemaIdOf(type) }, data: { $ref: `#/components/schemas/${type}` } },
                  required: ['data'],
                },
              ],
            },
          },
        ]),
      ),
      schemas: {
        [ENVELOPE_SCHEMA]: inComponents(Envelope.json),
        ...Object.fromEntries(types.map(({ type, data }) => [type, inComponents(data.json)])),
        ...Object.fromEntries([...named].map(([name, s]) => [name, inComponents(s.json)])),
      },
    },
  };
}

/** `ledger.contract.option-added.v1` → `OptionAddedV1`. */
export const typeScriptNameOf = (type: EventType): string =>
  type
    .replace(/^ledger\.contract\./, '')
    .split(/[.-]/)
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join('');

/** TypeScript of everything in the feed, without an import: what a consumer copies. */
export function consumerTypes(): string {
  const named = new Map<string, Schema<unknown>>(Object.values(MONEY).flatMap((s) => [...s.named]));
  const doc = (text: string): string => `/** ${text} */\n`;
  const own = (type: EventType): Fields => Object.fromEntries(Object.entries(EVENT_TYPES[type].data.fields as Fields).filter(([name]) => !Object.hasOwn(MONEY, name)));
  return [
    '// Generated from the schema table of the billing feed. Do not edit: copy it anew.',
    ...[...named].map(([name, s]) => {
      const said = s.ts('');
      return `${doc(s.about ?? name)}export ${said.includes('} | {') ? `type ${name} = ${said};` : `interface ${name} ${said}`}`;
    }),
    `${doc('What every event says about money.')}export interface Money ${object(MONEY).ts('')}`,
    ...EVENT_TYPE_NAMES.map((type) => {
      const fields = own(type);
      const body = Object.keys(fields).length === 0 ? 'type' : 'interface';
      return `${doc(EVENT_TYPES[type].summary)}export ${body} ${typeScriptNameOf(type)} ${body === 'type' ? '= Money;' : `extends Money ${object(fields).ts('')}`}`;
    }),
    `${doc('What each type says, by its name.')}export interface BillingEvents {\n${EVENT_TYPE_NAMES.map((type) => `  readonly '${type}': ${typeScriptNameOf(type)};`).join('\n')}\n}`,
    `${doc('A published event but for its data: CloudEvents 1.0 in structured JSON.')}export interface Envelope ${object(envelopeFields).ts('')}`,
    `${doc('A published event, told apart by `type`.')}export type BillingEvent = { [T in keyof BillingEvents]: Envelope & { readonly type: T; readonly data: BillingEvents[T] } }[keyof BillingEvents];`,
    `${doc('Every type that there was when this was generated. At another one a consumer stops.')}export const BILLING_EVENT_TYPES: readonly (keyof BillingEvents)[] = [\n${EVENT_TYPE_NAMES.map((type) => `  '${type}',`).join('\n')}\n];`,
  ].join('\n\n') + '\n';
}
