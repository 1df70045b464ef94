/** Many clients that send commands of every kind, each with a key, and never give one up: what they were told is held against the log. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ITEM_CODES, OPTIONS, type ItemCode } from '@app/agreement';
import { addDays, plainDate } from '@app/calendar';
import { canonicalJson, deriveId, type Json } from '@app/kernel';
import { NoAnswer, type Answer, type Api, type Reply } from './api.js';
import { applied, contractBody, fixed, notice, optionsBody, UNIT } from './lives.js';
import type { LogEvent } from './log.js';

/** Numbers from 0 to below 1, the same for the same seed. */
export function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Equal as JSON: what came out of a database belongs to another realm than what the test made. */
function alike(got: unknown, want: unknown, about = ''): void {
  if (canonicalJson(got as Json) !== canonicalJson(want as Json)) assert.deepEqual(JSON.parse(JSON.stringify(got)), JSON.parse(JSON.stringify(want)), about);
}

interface Sent {
  readonly key: string;
  readonly path: string;
  readonly body: object;
  /** Null: no answer yet, it may have taken effect or not. */
  answer: { readonly status: number; readonly body: Answer } | null;
}

interface Known {
  readonly contractId: string;
  readonly unit: string;
  readonly item: ItemCode;
  readonly acceptedOn: string;
  readonly options: { readonly id: string; readonly no: number; readonly acceptedOn: string }[];
  readonly notices: string[];
  readonly entries: string[];
}

export interface Figures {
  acknowledged: number;
  refused: number;
  malformed: number;
  /** Commands that had no answer when the process or the server died. */
  open: number;
  /** Of those, found done already when they were sent again. */
  doneAlready: number;
  unavailable: number;
}

export class Load {
  readonly sent: Sent[] = [];
  readonly figures: Figures = { acknowledged: 0, refused: 0, malformed: 0, open: 0, doneAlready: 0, unavailable: 0 };
  private readonly units: string[] = [];
  private readonly contracts: Known[] = [];
  private count = 0;
  private stopped = false;

  constructor(
    private readonly name: string,
    private readonly next: () => number,
  ) {}

  private pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!;
  }
  private whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** The next command, from what is known by now. */
  private command(today: string): [path: string, body: object] {
    const day = (back: number): string => addDays(plainDate(today), -back);
    const ahead = (days: number): string => addDays(plainDate(today), days);
    const what = this.next();
    if (this.units.length < 3 || what < 0.05) return ['/v1/management-units', UNIT];
    if (this.contracts.length < 3 || what < 0.25) {
      const acceptedOn = day(this.whole(0, 40));
      return ['/v1/contracts', contractBody(this.pick(this.units), { item: this.pick(ITEM_CODES), accountCount: this.whole(40, 90), acceptedOn, billingStartsOn: addDays(plainDate(acceptedOn), this.whole(0, 30)) })];
    }
    const c = this.pick(this.contracts);
    const at = `/v1/contracts/${c.contractId}`;
    const since = (d: string): string => (d < c.acceptedOn ? c.acceptedOn : d);
    if (what < 0.45) {
      const mine = OPTIONS.filter((o) => o.items.includes(c.item));
      const on = since(day(this.whole(0, 20)));
      return [`${at}/options`, optionsBody(on, Array.from({ length: this.whole(1, 3) }, () => applied(this.next() < 0.1 ? this.whole(1, 45) : this.pick(mine).option)), addDays(plainDate(on), this.whole(0, 40)))];
    }
    if (what < 0.6) return [`${at}/account-count`, { accountCount: this.whole(45, 120), effectiveOn: since(ahead(this.whole(-20, 60))), requestedBy: 'contractor', ...(this.next() < 0.5 ? { fees: { monthly: fixed(this.whole(1, 99_999)) } } : {}) }];
    if (what < 0.66) return [`${at}/cancellation-notices`, notice(since(day(this.whole(0, 20))), this.next() < 0.5 ? null : ahead(this.whole(10, 400)))];
    if (what < 0.72 && c.options.length > 0) {
      const o = this.pick(c.options);
      return [`${at}/options/${o.id}/cancellation-notices`, notice(o.acceptedOn > day(5) ? o.acceptedOn : day(5), ahead(this.whole(10, 200)))];
    }
    if (what < 0.76 && c.notices.length > 0) return [`${at}/cancellation-notices/${this.pick(c.notices)}/withdrawals`, { consentedOn: today, reason: 'both agree' }];
    if (what < 0.82) return [`${at}/excess-usages`, { detectedOn: since(day(this.whole(0, 20))), accounts: this.whole(1, 20), charge: this.next() < 0.5 ? null : 5_000 }];
    if (what < 0.86) return [`${at}/quotations`, { subject: 'base', kind: 'monthly', fee: fixed(this.whole(1, 99_999)), effectiveOn: since(ahead(this.whole(-20, 60))) }];
    if (what < 0.9 && c.entries.length > 0) return [`${at}/corrections`, { eventId: this.pick(c.entries), reason: 'typed wrongly' }];
    if (what < 0.92) return [`${at}/terminations`, { endsOn: since(ahead(this.whole(-5, 100))), ground: 'provider', reason: 'agreed' }];
    return ['/v1/records', { clause: 'A6-1-1', occurredOn: since(day(3)), contractId: c.contractId, note: `note ${this.count}` }];
  }

  private learn(path: string, body: object, answer: Answer): void {
    if (path === '/v1/management-units') this.units.push(answer.managementUnitId);
    else if (path === '/v1/contracts') {
      const b = body as ReturnType<typeof contractBody>;
      this.contracts.push({ contractId: answer.contractId, unit: b.managementUnitId, item: b.item as ItemCode, acceptedOn: b.acceptedOn, options: [], notices: [], entries: [] });
    } else {
      const c = this.contracts.find((x) => path.startsWith(`/v1/contracts/${x.contractId}/`));
      if (!c) return;
      if (path.endsWith('/options')) {
        const b = body as ReturnType<typeof optionsBody>;
        answer.optionIds.forEach((id, i) => c.options.push({ id, no: b.options[i]!.option, acceptedOn: b.acceptedOn }));
      } else if (path === `/v1/contracts/${c.contractId}/cancellation-notices`) c.notices.push(answer.noticeId);
      else if (path.endsWith('/excess-usages') || path.endsWith('/quotations')) c.entries.push(answer.events[0]!.id);
    }
  }

  /** Sends one command and keeps its answer; what is no answer leaves it open. */
  private async send(api: Api, x: Sent): Promise<boolean> {
    const again = x.answer === null && this.opened.has(x.key);
    let r;
    try {
      r = await api.post(x.path, x.body, { key: x.key });
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      return false;
    }
    if (r.status === 503) {
      this.figures.unavailable++;
      return false;
    }
    assert.ok([200, 201, 400, 404, 409].includes(r.status), `${x.path} ${JSON.stringify(x.body)} -> ${r.status} ${r.text.slice(0, 400)}`);
    if (again) this.opened.delete(x.key);
    if (again && r.headers['idempotency-replayed'] === 'true') this.figures.doneAlready++;
    if (r.status === 400 || r.status === 404) this.figures.malformed++;
    else if (r.status === 409) this.figures.refused++;
    else {
      this.figures.acknowledged++;
      this.learn(x.path, x.body, r.body);
    }
    x.answer = { status: r.status, body: r.body };
    return true;
  }

  private readonly opened = new Set<string>();

  /**
   * `writers` clients send until {@link stop}. With `persist` a command without an answer is sent again until it has
   * one (the server of the log may be away); without it the client ends (its service is dead).
   */
  async run(api: Api, today: () => string, writers: number, persist: boolean): Promise<void> {
    this.stopped = false;
    await Promise.all(
      Array.from({ length: writers }, async () => {
        while (!this.stopped) {
          const [path, body] = this.command(today());
          const x: Sent = { key: `${this.name}-${++this.count}`, path, body, answer: null };
          this.sent.push(x);
          while (!(await this.send(api, x))) {
            if (!this.opened.has(x.key)) {
              this.opened.add(x.key);
              this.figures.open++;
            }
            if (!persist) return;
            await sleep(100);
          }
        }
      }),
    );
  }

  stop(): void {
    this.stopped = true;
  }

  /** Sends again what has no answer, until each has one. */
  async finish(api: Api): Promise<void> {
    for (const x of this.sent) {
      if (x.answer !== null) continue;
      for (let i = 0; !(await this.send(api, x)); i++) {
        assert.ok(i < 100, `${x.path} gets no answer`);
        await sleep(100);
      }
    }
  }

  /** Sends every command that was answered once more, from `from` on or a few of those before: it is answered alike, from the log. */
  async repeatAll(api: Api, from: number, sample: number): Promise<void> {
    const picked = this.sent.filter((x, i) => (i >= from || this.next() < sample / Math.max(1, from)) && x.answer !== null && x.answer.status !== 400 && x.answer.status !== 404);
    const queue = [...picked];
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let x = queue.pop(); x; x = queue.pop()) {
          const r = await api.post(x.path, x.body, { key: x.key });
          alike({ status: r.status, replayed: r.headers['idempotency-replayed'] }, { status: x.answer!.status, replayed: 'true' }, `${x.key} ${x.path} ${r.text.slice(0, 300)}`);
          alike(r.body, x.answer!.body, `${x.key} ${x.path}`);
        }
      }),
    );
  }

  /** Every acknowledged command is in the log once, with the events it was answered with, and nothing is there twice. */
  holdAgainst(log: readonly LogEvent[], subject: string): void {
    const ids = new Set<string>();
    const revisions = new Map<string, number>();
    const byCommand = new Map<string, LogEvent[]>();
    for (const e of log) {
      assert.ok(!ids.has(e.id), `${e.id} (${e.type}) is in the log twice`);
      ids.add(e.id);
      assert.equal(e.revision, (revisions.get(e.stream) ?? -1) + 1, `${e.stream} has a gap`);
      revisions.set(e.stream, e.revision);
      const of = byCommand.get(e.metadata.commandId);
      if (of) of.push(e);
      else byCommand.set(e.metadata.commandId, [e]);
    }
    const OWN = /^(contract|record)-/;
    for (const x of this.sent) {
      if (x.answer === null) continue;
      const events = byCommand.get(deriveId('command', subject, x.key)) ?? [];
      const { status, body } = x.answer;
      if (status === 400 || status === 404) alike(events.map((e) => e.type), [], `${x.key} was malformed and is in the log`);
      else if (status === 409) alike(events.map((e) => e.type), ['CommandRefused'], `${x.key} ${x.path}`);
      else {
        const own = events.filter((e) => OWN.test(e.stream) || e.type === 'ManagementUnitOpened');
        if (body.events.length === 0) alike(events.map((e) => e.type), ['CommandAnswered'], `${x.key} ${x.path}`);
        else {
          alike(own.map((e) => e.id), body.events.map((e) => e.id), `${x.key} ${x.path}`);
          alike(own.map((e) => e.data), body.events.map((e) => e.data), `${x.key} ${x.path}`);
          assert.equal(own.at(-1)!.revision, body.revision);
        }
      }
    }
    // What a unit reserved is there, once.
    for (const e of log)
      if (e.type === 'ItemReserved') {
        const { contractId, append } = e.data as { contractId: string; append: { id: string }[] };
        alike(log.filter((x) => x.stream === `contract-${contractId}`).slice(0, append.length).map((x) => x.id), append.map((x) => x.id));
      }
    const holdings = log.filter((e) => e.type === 'ItemReserved').map((e) => (e.data as { contractId: string }).contractId);
    assert.equal(new Set(holdings).size, holdings.length);
  }

  /** No text of a command that took effect was swept from the register: every name and every note is there. */
  async textsAreThere(api: Api): Promise<void> {
    interface Named { readonly name: string | null; readonly contractor: { readonly name: string | null } }
    const rows = async <T>(path: string, list: string): Promise<T[]> => {
      const out: T[] = [];
      for await (const page of pages(api, path)) out.push(...(page as { [name: string]: T[] })[list]!);
      return out;
    };
    const notes = new Set((await rows<{ note: string | null }>('/v1/records', 'records')).map((r) => r.note));
    for (const x of this.sent) if (x.path === '/v1/records' && x.answer?.status === 201) assert.ok(notes.has((x.body as { note: string }).note), `the note of ${x.key} is gone`);
    for (const u of await rows<Named>('/v1/management-units', 'managementUnits')) alike([u.name, u.contractor.name], [UNIT.name, UNIT.contractor.name]);
    for (const c of await rows<Named>('/v1/contracts', 'contracts')) alike(c.contractor.name, UNIT.contractor.name);
  }

  get contractIds(): string[] {
    return this.contracts.map((c) => c.contractId);
  }
}

/** All pages of a list. */
async function* pages(api: Api, path: string): AsyncGenerator<object> {
  for (let cursor: string | null = null; ; ) {
    const r: Reply<{ nextCursor: string | null }> = await api.get<{ [name: string]: unknown; nextCursor: string | null }>(`${path}${path.includes('?') ? '&' : '?'}limit=500${cursor ? `&cursor=${cursor}` : ''}`);
    assert.equal(r.status, 200, `${path}: ${r.text.slice(0, 300)}`);
    yield r.body;
    cursor = r.body.nextCursor;
    if (cursor === null) return;
  }
}

/** Everything that the reads show, to be compared with what they show after a rebuild. */
export async function everythingRead(api: Api, contracts: readonly string[], months: readonly string[]): Promise<{ [path: string]: unknown }> {
  const out: { [path: string]: unknown } = {};
  const lists = ['/v1/contracts', '/v1/management-units', '/v1/records', '/v1/renewals', '/v1/settlements', ...months.map((m) => `/v1/charges?month=${m}`)];
  for (const path of lists) {
    const all: object[] = [];
    for await (const page of pages(api, path)) all.push(page);
    out[path] = all;
  }
  const queue = [...contracts];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let id = queue.pop(); id; id = queue.pop()) {
        const [now, history] = await Promise.all([api.get(`/v1/contracts/${id}`), api.get(`/v1/contracts/${id}/history?limit=500`)]);
        assert.equal(now.status, 200, now.text.slice(0, 300));
        out[id] = now.body;
        out[`${id} history`] = history.body;
      }
    }),
  );
  return out;
}
