import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { jest } from '@jest/globals';
import fc from 'fast-check';
import { POLICY_NAMES, POLICY_SWITCHES } from '@app/agreement';
import { anyScript, type Script } from '../../../libs/published/src/testing/lives.js';
import { Book } from './book.js';
import { nextMonth } from './charges.js';
import { cursorOf } from './event.js';
import { adjustmentsCsv, statementCsv } from './export.js';
import { PublishedLives } from './testing/published.js';
import { Stopped } from './trouble.js';

jest.setTimeout(120_000);

const scripts = (n: number, seed: number, moves = 40): Script[] => fc.sample(anyScript({ moves }), { numRuns: n, seed });
/** Some hundred stored events of a few contracts. */
function feedOf(n: number, seed: number): string[] {
  const lives = new PublishedLives(scripts(n, seed));
  for (let i = 0; lives.move(i * 7); i++);
  return lives.feed;
}

/** Statement plus adjustments of every month through one, by contract, month and charge. */
function billed(book: Book, first: string, through: string): Map<string, number> {
  const out = new Map<string, number>();
  const add = (c: { contractId: string; month: string; id: string; amount: number | null }): void => {
    const key = `${c.contractId} ${c.month} ${c.id}`;
    const sum = (out.get(key) ?? 0) + (c.amount ?? 0);
    if (sum === 0) out.delete(key);
    else out.set(key, sum);
  };
  for (let month = first; month <= through; month = nextMonth(month)) {
    const statement = book.statement(month);
    if (!statement.closed) expect(book.adjustments({ about: month })).toEqual([]);
    for (const c of statement.charges) add(c);
    for (const a of book.adjustments({ about: month })) add(a);
  }
  return out;
}

const sorted = (m: ReadonlyMap<string, number>): [string, number][] => [...m].sort(([a], [b]) => (a < b ? -1 : 1));

describe('statement plus adjustments is what the ledger charges, to the yen and charge by charge', () => {
  const closes = fc.array(fc.nat(5), { minLength: 60, maxLength: 60 });
  const seen = { events: 0, closings: 0, adjustments: 0 };

  /** Lives told together; months are closed in between, sometimes late, sometimes several at once. */
  function live(all: readonly Script[], when: readonly number[], fault?: (file: string, n: number) => void): void {
    const folder = fault && mkdtempSync(join(tmpdir(), 'billing-book-'));
    const file = folder ? join(folder, 'b.sqlite') : ':memory:';
    const book = new Book(file);
    try {
      const lives = new PublishedLives(all);
      let n = 0;
      for (let going = true; going; n++) {
        book.apply(lives.feed.slice(book.size()));
        fault?.(file, n);
        const month = lives.today.slice(0, 7);
        const closed = book.closedThrough();
        if (when[n % when.length] === 0 && (closed === null || closed < month)) {
          seen.closings += book.closeThrough(month, '2026-01-01T00:00:00Z').length;
        }
        const first = ['2023-12', book.firstMonth() ?? '2023-12'].sort()[0]!;
        const through = lives.horizon;
        const want = lives.chargesThrough(through);
        const got = billed(book, first, through);
        if (JSON.stringify(sorted(got)) !== JSON.stringify(sorted(want))) expect(sorted(got)).toEqual(sorted(want));
        const totals = new Map<string, number>();
        for (const [key, amount] of want) totals.set(key.slice(0, 44), (totals.get(key.slice(0, 44)) ?? 0) + amount);
        expect(book.totals(through).filter((r) => (totals.get(`${r.contractId} ${r.month}`) ?? 0) !== r.total)).toEqual([]);
        going = lives.move(when[(n + 1) % when.length]! + n);
      }
      seen.events += lives.feed.length;
      seen.adjustments += book.adjustments().length;
    } finally {
      book.close();
      if (folder) rmSync(folder, { recursive: true });
    }
  }

  it('after every append, however months were closed in between, under any policies', () => {
    fc.assert(fc.property(fc.array(anyScript({ moves: 14 }), { minLength: 1, maxLength: 3 }), closes, (all, when) => live(all, when)), { numRuns: Number(process.env['RUNS'] ?? 25) });
    expect(seen.events).toBeGreaterThan(200);
    expect(seen.closings).toBeGreaterThan(50);
    expect(seen.adjustments).toBeGreaterThan(20);
  });

  it.each(POLICY_NAMES.flatMap((name) => POLICY_SWITCHES[name].values.map((value) => [name, value] as const)))('with %s = %s', (name, value) => {
    const policies = { ...scripts(1, 3)[0]!.policies, [name]: value } as Script['policies'];
    const all = scripts(2, name.length * 31 + value.length, 14).map((s) => ({ ...s, policies }));
    live(all, [1, 2, 0, 3, 1]);
  });

  it.each<[string, string]>([
    ['a line that was not applied', `DELETE FROM lines WHERE line_id = (SELECT line_id FROM lines WHERE line ->> 'fee' > 0 AND last_month IS NULL LIMIT 1)`],
    ['an adjustment that was not booked', 'DELETE FROM adjustments WHERE number = (SELECT max(number) FROM adjustments)'],
    ['a statement that was touched after it was closed', 'UPDATE billed SET amount = amount + 1 WHERE charge_id = (SELECT min(charge_id) FROM billed WHERE amount > 0)'],
  ])('a planted fault is seen: %s', (_, sql) => {
    let planted = false;
    const plant = (file: string): void => {
      const db = new DatabaseSync(file);
      planted ||= Number(db.prepare(sql).run().changes) > 0;
      db.close();
    };
    expect(() => live(scripts(6, 11), [0, 1, 2], (file) => plant(file))).toThrow();
    expect(planted).toBe(true);
  });
});

describe('a book', () => {
  const feed = feedOf(14, 7);
  const book = (events: readonly string[] = []): Book => {
    const b = new Book(':memory:');
    if (events.length > 0) b.apply(events);
    return b;
  };
  const edited = (at: number, change: (event: { [name: string]: unknown; data: { segments: { fee: number }[] } }) => void): string => {
    const event = JSON.parse(feed[at]!) as Parameters<typeof change>[0];
    change(event);
    return JSON.stringify(event);
  };

  it('has something to read', () => expect(feed.length).toBeGreaterThan(60));

  it('takes each event once, however often it comes, in pages of any size', () => {
    const whole = book(feed);
    const pieces = book();
    let applied = 0;
    for (let i = 0; i < feed.length; i += 7) applied += pieces.apply(feed.slice(Math.max(0, i - 3), i + 7));
    expect([applied, whole.size(), pieces.size()]).toEqual([feed.length, feed.length, feed.length]);
    expect([...pieces.stored()]).toEqual(feed);
    expect(pieces.totals('2030-12')).toEqual(whole.totals('2030-12'));
    expect(cursorOf(whole.checkpoint()!)).toBe(`${String(feed.length - 1).padStart(16, '0')}.${(JSON.parse(feed.at(-1)!) as { id: string }).id}`);
  });

  it.each<[string, Stopped['code'], (events: string[]) => string[]]>([
    ['an event is missing', 'gap', (e) => e.toSpliced(40, 1)],
    ['two came in the wrong order', 'gap', (e) => e.toSpliced(40, 2, e[41]!, e[40]!)],
    ['the type is unknown', 'unknown', (e) => e.with(40, edited(40, (x) => (x['type'] = 'ledger.contract.forgiven.v1')))],
    ['it is of another ledger', 'other-ledger', (e) => e.with(40, edited(40, (x) => (x['source'] = 'urn:uuid:00000000-0000-4000-8000-000000000000')))],
    ['an event of the contract is missing, with the sequence closed up', 'chain', (e) => e.with(40, edited(40, (x) => (x['contractsequence'] = (x['contractsequence'] as number) + 1)))],
    ['it names another predecessor', 'chain', (e) => e.with(40, edited(40, (x) => (x['previousid'] = '00000000-0000-4000-8000-000000000000')))],
    ['an event comes again under another sequence', 'altered', (e) => e.with(40, edited(40, (x) => (x['id'] = (JSON.parse(e[3]!) as { id: string }).id)))],
    ['what was applied comes again with other bytes', 'altered', (e) => [...e.slice(0, 40), `${e[39]!.slice(0, -1)},"x":1}`]],
  ])('stops where %s, and keeps what came before', (_, code, broken) => {
    const b = book();
    let stopped: unknown;
    try {
      b.apply(broken([...feed]));
    } catch (error) {
      stopped = error;
    }
    expect(stopped).toBeInstanceOf(Stopped);
    expect(stopped).toMatchObject({ code, exit: 4 });
    expect(b.size()).toBe(40);
    expect([...b.stored()]).toEqual(feed.slice(0, 40));
    // Once it comes as it should, it goes on.
    expect(b.apply(feed)).toBe(feed.length - 40);
    expect(b.totals('2030-12')).toEqual(book(feed).totals('2030-12'));
  });

  it('writes rows and checkpoint together or not at all', () => {
    const folder = mkdtempSync(join(tmpdir(), 'billing-book-'));
    try {
      const b = Book.in(folder);
      b.apply(feed.slice(0, 30));
      const before = b.totals('2030-12');
      const db = new DatabaseSync(join(folder, 'billing.sqlite'));
      db.exec(`CREATE TRIGGER full BEFORE INSERT ON events WHEN NEW.sequence = 45 BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
      expect(() => b.apply(feed)).toThrow(/disk full/);
      expect([b.size(), b.totals('2030-12')]).toEqual([30, before]);
      db.exec('DROP TRIGGER full');
      db.close();
      expect(b.apply(feed)).toBe(feed.length - 30);
      b.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('closes months in order and once; a closed statement stands', () => {
    const b = book(feed.slice(0, 50));
    const first = b.firstMonth()!;
    const second = nextMonth(first);
    expect(b.closeThrough(second, 't')).toEqual([first, second]);
    expect(() => b.closeThrough(second, 't')).toThrow(`${second} is closed: its statement stands, and what changes of it is booked as an adjustment in ${nextMonth(second)}`);
    const stood = [first, second].map((m) => b.statement(m).charges);
    b.apply(feed);
    expect([first, second].map((m) => b.statement(m).charges)).toEqual(stood);
    expect(b.statement(nextMonth(second)).closed).toBe(false);
  });

  it('exports what it billed', () => {
    const b = book();
    b.apply(feed.slice(0, 50));
    const month = (JSON.parse(feed[49]!) as { businessdate: string }).businessdate.slice(0, 7);
    b.closeThrough(month, 't');
    b.apply(feed);
    const adjustments = b.adjustments();
    expect(adjustments.length).toBeGreaterThan(0);
    const statement = b.statement(nextMonth(month));
    expect(statement.adjustments).toEqual(adjustments);
    const lines = statementCsv(statement, {}).trimEnd().split('\r\n');
    expect(lines[0]).toBe('entry,billed_in,month,contractor,contract,item,charge,kind,subject,clause,due_on,amount,event');
    expect(lines.length).toBe(1 + statement.charges.length + adjustments.length);
    expect(lines.filter((l) => l.startsWith('adjustment,')).length).toBe(adjustments.length);
    expect(adjustmentsCsv(adjustments, { bom: true }).startsWith('\uFEFFentry,')).toBe(true);
  });
});
