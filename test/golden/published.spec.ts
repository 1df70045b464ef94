import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { canonicalJson } from '@app/kernel';
import {
  asyncApi, consumerTypes, ENVELOPE_SCHEMA, EVENT_TYPE_NAMES, feedSchemas, NO_MEMORY, problemsOf, schemaIdOf, sealed, translateAppend,
  type PublishedEvent,
} from '@app/published';
import type { BillingEvent } from '../../apps/billing-consumer/src/generated/types.js';
import { anyScript, RandomLife } from '../../libs/published/src/testing/lives.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const UPDATE = process.env['UPDATE_GENERATED'] === '1';
const file = (path: string): string => join(ROOT, path);
const read = (path: string): string => readFileSync(file(path), 'utf8');
function write(path: string, text: string): void {
  mkdirSync(dirname(file(path)), { recursive: true });
  writeFileSync(file(path), text);
}
const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

describe('what is generated from the table of published events is what it says now (UPDATE_GENERATED=1 writes it)', () => {
  const generated = new Map<string, string>([
    ['docs/generated/asyncapi.json', pretty(asyncApi())],
    ...Object.entries(feedSchemas()).map(([name, schema]) => [`docs/generated/schemas/${name}.json`, pretty(schema)] as const),
    ['apps/billing-consumer/src/generated/types.ts', consumerTypes()],
  ]);

  it.each([...generated.keys()])('%s', (path) => {
    const text = generated.get(path)!;
    if (UPDATE) write(path, text);
    expect(read(path)).toBe(text);
  });

  it('and nothing else is there', async () => {
    const { BILLING_EVENT_TYPES } = await import('../../apps/billing-consumer/src/generated/types.js');
    expect(readdirSync(file('docs/generated/schemas')).toSorted()).toEqual([ENVELOPE_SCHEMA, ...EVENT_TYPE_NAMES].map((n) => `${n}.json`).toSorted());
    expect(BILLING_EVENT_TYPES).toEqual(EVENT_TYPE_NAMES);
  });

  it('the types of a consumer are those that the translator is held to', () => {
    // The compiler's word, both ways.
    const ours = (e: BillingEvent): PublishedEvent => e;
    const theirs = (e: PublishedEvent): BillingEvent => e;
    expect([ours, theirs].map((f) => f.length)).toEqual([1, 1]);
  });
});

// -------------------------------------------------------------------------------------------------- golden samples

const GOLDEN = 'test/golden/published';
const goldenOf = (type: string): string => `${GOLDEN}/${type}.json`;

const ajv = new Ajv2020({ validateFormats: false, strict: true, strictRequired: false, allErrors: true });
for (const schema of Object.values(feedSchemas())) ajv.addSchema(schema);
const errorsOf = (name: string, value: unknown): unknown[] => {
  const validate = ajv.getSchema(schemaIdOf(name))!;
  return validate(value) === true ? [] : (validate.errors ?? []);
};

const SOURCE = 'urn:uuid:7d444840-9dc0-41d0-b245-5ffdce74fad2';
const MAX_LENGTH = 4_000;

/** Lives until every type has been published often enough, each sample the one that says most within bounds. */
function samples(wanted: ReadonlySet<string>): Map<string, object> {
  const found = new Map<string, object>();
  const size = new Map<string, number>();
  for (let seed = 1; seed < 4_000 && (seed < 150 || [...wanted].some((type) => !found.has(type))); seed++)
    for (const script of fc.sample(anyScript({ moves: 40 }), { seed, numRuns: 5 })) {
      const life = new RandomLife(script, `golden ${seed}`);
      for (const move of script.moves) life.move(move);
      let memory = NO_MEMORY;
      for (const [n, append] of life.appends.entries()) {
        // A line that no rule says any more, for a restatement.
        const strange = n === 2 ? { ...memory, picture: new Map([...memory.picture].slice(1)) } : memory;
        const { drafts, memory: after } = translateAppend(strange, append, { holidays: null });
        memory = after;
        for (const draft of drafts) {
          const { length } = JSON.stringify(draft.data);
          if (!wanted.has(draft.type) || length > MAX_LENGTH || length <= (size.get(draft.type) ?? 0)) continue;
          size.set(draft.type, length);
          found.set(draft.type, sealed(draft, SOURCE, draft.contractsequence));
        }
      }
    }
  return found;
}

const missing = new Set(EVENT_TYPE_NAMES.filter((type) => !existsSync(file(goldenOf(type)))));
// A sample is written once and never again: it stands for what consumers have stored.
if (UPDATE && missing.size > 0) for (const [type, event] of samples(missing)) write(goldenOf(type), pretty(JSON.parse(canonicalJson(event))));

describe('one frozen sample of each type and version', () => {
  it('is there', () => {
    expect(readdirSync(file(GOLDEN)).toSorted()).toEqual(EVENT_TYPE_NAMES.map((t) => `${t}.json`).toSorted());
  });

  it.each(EVENT_TYPE_NAMES)('%s still keeps its schema, and nothing in it is left unsaid', (type) => {
    const event = JSON.parse(read(goldenOf(type))) as { data: unknown; type: string };
    expect(event.type).toBe(type);
    expect(problemsOf(event)).toEqual([]);
    expect(errorsOf(ENVELOPE_SCHEMA, event)).toEqual([]);
    expect(errorsOf(type, event.data)).toEqual([]);
  });
});

describe('the schemas', () => {
  const broken = (type: string, change: (event: { data: Record<string, unknown> & { segments: Record<string, unknown>[] } } & Record<string, unknown>) => void): { ours: boolean; theirs: boolean } => {
    const event = JSON.parse(read(goldenOf(type))) as never;
    change(event);
    const { data } = event as { data: unknown };
    return { ours: problemsOf(event, true).length > 0, theirs: errorsOf(ENVELOPE_SCHEMA, event).length + errorsOf(type, data).length > 0 };
  };
  const CONTRACTED = 'ledger.contract.contracted.v1';
  const refused = { ours: true, theirs: true };

  it('refuse what is not so, ours and a validator of JSON Schema alike', () => {
    expect(broken(CONTRACTED, () => undefined)).toEqual({ ours: false, theirs: false });
    expect(broken(CONTRACTED, (e) => delete e.data['acceptedOn'])).toEqual(refused);
    expect(broken(CONTRACTED, (e) => delete (e.data as Record<string, unknown>)['voids'])).toEqual(refused);
    expect(broken(CONTRACTED, (e) => (e.data['accountCount'] = 1.5))).toEqual(refused);
    expect(broken(CONTRACTED, (e) => (e.data['billingStartsOn'] = '1 October'))).toEqual(refused);
    expect(broken(CONTRACTED, (e) => (e.data.segments[0]!['fee'] = -1))).toEqual(refused);
    expect(broken(CONTRACTED, (e) => (e.data.segments[0]!['fee'] = null))).toEqual(refused);
    expect(broken(CONTRACTED, (e) => (e['sequence'] = '12'))).toEqual(refused);
    expect(broken(CONTRACTED, (e) => (e['specversion'] = '0.3'))).toEqual(refused);
    expect(broken('ledger.contract.quoted.v1', (e) => (e.data['kind'] = 'weekly'))).toEqual(refused);
    expect(broken('ledger.contract.settlement-assessed.v1', (e) => ((e.data as unknown as { charges: { kind: string }[] }).charges[0]!.kind = 'gift'))).toEqual(refused);
  });

  it('bear with members that a later build adds; the publisher does not', () => {
    expect(broken(CONTRACTED, (e) => (e.data['later'] = 1))).toEqual({ ours: false, theirs: false });
    expect(problemsOf({ ...(JSON.parse(read(goldenOf(CONTRACTED))) as object), later: 1 })).toEqual(['(event).later: is not said in the schema']);
    expect(problemsOf({ type: 'ledger.contract.unheard.v1' })).toEqual(['type: ledger.contract.unheard.v1 is unknown']);
  });
});
