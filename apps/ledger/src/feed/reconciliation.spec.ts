import fc from 'fast-check';
import { monthOf } from '@app/calendar';
import { NO_MEMORY, sealed, translateAppend, type ContractMemory } from '@app/published';
import type { StoredEvent } from '@app/event-store';
import { anyScript, RandomLife } from '../../../../libs/published/src/testing/lives.js';
import { reconcile, type ContractClaim, type PublishedLog } from './reconciliation.js';

/** The published events of a few lives, one append of each in turn, and what the ledger charges of them. */
const lives = fc.sample(anyScript({ moves: 40 }), { numRuns: 8, seed: 5 }).map((script, i) => {
  const life = new RandomLife(script, `reconciled ${i}`);
  for (const move of script.moves) life.move(move);
  return life;
});
const log: StoredEvent[] = [];
const memories = new Map<string, ContractMemory>();
for (let i = 0; i < Math.max(...lives.map((l) => l.appends.length)); i++)
  for (const life of lives) {
    const append = life.appends[i];
    if (!append) continue;
    const { memory, drafts } = translateAppend(memories.get(life.contractId) ?? NO_MEMORY, append, { holidays: null });
    memories.set(life.contractId, memory);
    for (const draft of drafts) log.push({ revision: log.length, id: draft.id, data: sealed(draft, 'urn:uuid:x', log.length) } as unknown as StoredEvent);
  }
let reads = 0;
const published: PublishedLog = {
  contractSequences: (id) => log.flatMap((e) => ((e.data as { subject?: string }).subject === id ? [e.revision] : [])),
  read: async (from, limit) => (reads++, log.slice(from, from + limit)),
};
const head = log.length - 1;
const MONTHS = Array.from({ length: 40 }, (_, i) => `${2024 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}`);
const claims: ContractClaim[] = lives.flatMap((life) => {
  const charges = [...life.charges().values()];
  return MONTHS.filter((m) => m <= monthOf(life.horizon)).map((month) => ({
    contractId: life.contractId, month, total: charges.filter((c) => monthOf(c.dueOn) === month).reduce((sum, c) => sum + (c.amount ?? 0), 0),
  }));
});

it('what the ledger charges matches what it published, every month of every contract', async () => {
  expect(claims.length).toBeGreaterThan(60);
  expect(claims.filter((c) => c.total > 0).length).toBeGreaterThan(30);
  expect(await reconcile(published, claims, head)).toEqual({ matched: claims.length, differences: [] });
});

it('a yen too much or too little is named, with lines, clauses and events that add up to what is expected', async () => {
  for (const by of [1, -1]) {
    const at = claims.findIndex((c) => c.total > 0);
    const { matched, differences } = await reconcile(published, claims.with(at, { ...claims[at]!, total: claims[at]!.total + by }), head);
    expect(matched).toBe(claims.length - 1);
    expect(differences).toMatchObject([{ contractId: claims[at]!.contractId, month: claims[at]!.month, total: claims[at]!.total + by, expected: claims[at]!.total }]);
    const { lines } = differences[0]!;
    expect(lines.reduce((sum, l) => sum + l.amount, 0)).toBe(claims[at]!.total);
    for (const line of lines) {
      expect(line.clause).toMatch(/^[AX]\d/);
      expect(line.events.at(-1)!.amount).toBe(line.amount);
      for (const e of line.events) expect(log[Number(e.sequence)]!.id).toBe(e.id);
    }
  }
});

it('given lines, it names those that differ and no others: changed, missing and unknown ones', async () => {
  const of = await Promise.all(claims.map((c) => reconcile(published, [{ ...c, total: -1 }], head)));
  const at = of.findIndex((r) => r.differences[0]!.lines.filter((l) => l.amount > 0).length > 2);
  expect(at).toBeGreaterThanOrEqual(0);
  const [claim, lines] = [claims[at]!, of[at]!.differences[0]!.lines.filter((l) => l.amount > 0)];
  const ours = lines.map(({ lineId, amount }) => ({ lineId, amount }));
  expect(await reconcile(published, [{ ...claim, lines: ours }], head)).toEqual({ matched: 1, differences: [] });
  const stranger = { lineId: '00000000-0000-4000-8000-000000000000', amount: 7 };
  const { differences } = await reconcile(published, [{ ...claim, total: 1, lines: [{ ...ours[0]!, amount: ours[0]!.amount + 1 }, ...ours.slice(2), stranger] }], head);
  expect(differences[0]!.lines.map((l) => l.lineId).toSorted()).toEqual([ours[0]!.lineId, ours[1]!.lineId, stranger.lineId].toSorted());
  expect(differences[0]!.lines.find((l) => l.lineId === stranger.lineId)).toEqual({ ...stranger, subject: null, clause: null, amount: 0, events: [] });
  // The lines agree, the sum does not: the mistake lies in the sum.
  expect((await reconcile(published, [{ ...claim, total: claim.total + 1, lines: ours }], head)).differences).toMatchObject([{ expected: claim.total, lines: [] }]);
});

it('a line that is void now is named too, with the event that voided it', async () => {
  const all = await Promise.all(claims.map((c) => reconcile(published, [{ ...c, total: -1 }], head)));
  const gone = all.flatMap((r) => r.differences[0]!.lines).find((l) => l.amount === 0 && l.events.at(-1)!.amount === 0 && l.events.length > 1);
  expect(gone).toBeDefined();
});

it('counts only what was published up to the place asked about', async () => {
  const early = await reconcile(published, claims, 20);
  expect(early.differences.length).toBeGreaterThan(10);
  const contract = claims[0]!.contractId;
  expect((await reconcile(published, [{ ...claims[0]!, total: 0 }], -1)).differences).toEqual([{ contractId: contract, month: claims[0]!.month, total: 0, expected: 0, unknown: true, lines: [] }]);
});

it('reads each contract once, however many of its months are asked about', async () => {
  reads = 0;
  await reconcile(published, claims.filter((c) => c.contractId === claims[0]!.contractId), head);
  expect(reads).toBeLessThanOrEqual(published.contractSequences(claims[0]!.contractId).length);
});
