import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readEvent } from './event.js';
import { BILLING_EVENT_TYPES } from './generated/types.js';
import { Stopped } from './trouble.js';

const SAMPLES = fileURLToPath(new URL('../../../test/golden/published/', import.meta.url));
const samples = globSync('**/*.json', { cwd: SAMPLES }).toSorted().map((file) => readFileSync(SAMPLES + file, 'utf8'));

it('knows a sample of every type that was ever published', () => {
  expect(samples.map((s) => readEvent(s).event.type).toSorted()).toEqual(BILLING_EVENT_TYPES.toSorted());
});

const [contracted] = samples.filter((s) => s.includes('"ledger.contract.contracted.v1"'));
type Loose = { [name: string]: unknown; data: { [name: string]: unknown; charges: { [name: string]: unknown }[]; segments: { [name: string]: unknown }[] } };
const changed = (change: (event: Loose) => void): string => {
  const event = JSON.parse(contracted!) as Loose;
  change(event);
  return JSON.stringify(event);
};

it('bears with members that a later build adds', () => {
  const text = changed((e) => {
    e['newattribute'] = 1;
    e.data['alsoNew'] = { a: [] };
    e.data.segments[0]!['note'] = 'n';
  });
  expect(readEvent(text).stored).toBe(text);
});

it.each<[string, (event: Loose) => void]>([
  ['an unknown type', (e) => (e['type'] = 'ledger.contract.forgiven.v1')],
  ['an unknown version of a known type', (e) => (e['type'] = 'ledger.contract.contracted.v2')],
  ['another schema under a known type', (e) => (e['dataschema'] = 'urn:contract-ledger:schema:ledger.contract.contracted.v9')],
  ['another CloudEvents', (e) => (e['specversion'] = '2.0')],
  ['an unknown kind of charge', (e) => (e.data.charges = [{ ...e.data.segments[0]!, kind: 'rebate', chargeId: 'c', dueOn: '2026-01-01', amount: 1 }])],
  ['a fee that is no whole number of yen', (e) => (e.data.segments[0]!['fee'] = 0.5)],
  ['a fee that is a text', (e) => (e.data.segments[0]!['fee'] = '100')],
  ['a negative fee', (e) => (e.data.segments[0]!['fee'] = -1)],
  ['a line without an id', (e) => delete e.data.segments[0]!['lineId']],
  ['a day that is none', (e) => (e.data.segments[0]!['from'] = 'soon')],
  ['no voids', (e) => delete e.data['voids']],
  ['a sequence without its zeros', (e) => (e['sequence'] = '7')],
])('stops at %s, and says where to look', (_, change) => {
  const text = changed(change);
  expect(() => readEvent(text)).toThrow(Stopped);
  expect(() => readEvent(text)).toThrow(/Nothing was skipped.*\/v1\/feed\/schemas\//);
});

it('stops at what is no event at all', () => expect(() => readEvent('<html>')).toThrow(/is not an event: check LEDGER_URL/));
