import { ITEM_CODES, OPTIONS } from '@app/agreement';
import { FIRST_DAY, LAST_DAY, story } from './story.js';
import type { Act } from './acts.js';

const acts = story();
const bodyOf = (a: Act) => (typeof a.body === 'function' ? a.body((name) => `<${name}>`) : a.body);
const pathOf = (a: Act) => (typeof a.path === 'function' ? a.path((name) => `<${name}>`) : a.path);

test('is the same every time, in order, within its year, and names each act once', () => {
  expect(story().map((a) => [a.key, a.on, pathOf(a), bodyOf(a)])).toEqual(acts.map((a) => [a.key, a.on, pathOf(a), bodyOf(a)]));
  expect(new Set(acts.map((a) => a.key)).size).toBe(acts.length);
  const days = acts.map((a) => a.on);
  expect(days).toEqual([...days].sort());
  expect([days[0]! >= FIRST_DAY, days.at(-1)! <= LAST_DAY, new Set(days.map((d) => d.slice(0, 7))).size]).toEqual([
    true,
    true,
    12,
  ]);
});

test('has something of everything: every item, every option, every command', () => {
  const bodies = acts.map(bodyOf);
  expect(new Set(acts.filter((a) => pathOf(a) === '/v1/contracts').map((a) => bodyOf(a)['item']))).toEqual(
    new Set([...ITEM_CODES, 'IT 資産管理', 'IT 資産管理/S']),
  );
  const accepted = acts.flatMap((a, i) =>
    a.refusedBy === undefined ? ((bodies[i]!['options'] ?? []) as { option: number }[]).map((o) => o.option) : [],
  );
  expect([...new Set(accepted)].sort((a, b) => a - b)).toEqual(OPTIONS.map((o) => o.option));
  const kinds = new Set(acts.map((a) => pathOf(a).replace(/<[^>]+>/g, ':id')));
  expect([...kinds].sort()).toEqual([
    '/v1/contracts',
    '/v1/contracts/:id/account-count',
    '/v1/contracts/:id/account-count/:id/withdrawals',
    '/v1/contracts/:id/cancellation-notices',
    '/v1/contracts/:id/cancellation-notices/:id/withdrawals',
    '/v1/contracts/:id/corrections',
    '/v1/contracts/:id/excess-usages',
    '/v1/contracts/:id/options',
    '/v1/contracts/:id/options/:id/cancellation-notices',
    '/v1/contracts/:id/options/:id/devices/faults',
    '/v1/contracts/:id/options/:id/devices/losses',
    '/v1/contracts/:id/options/:id/devices/recoveries',
    '/v1/contracts/:id/options/:id/devices/replacements',
    '/v1/contracts/:id/options/:id/devices/returns',
    '/v1/contracts/:id/quotations',
    '/v1/contracts/:id/terminations',
    '/v1/management-units',
    '/v1/records',
    '/v1/vendors/LayerX/discontinuations',
  ]);
});
