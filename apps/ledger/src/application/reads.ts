import type { TokenEntry } from '@app/access';
import type { Holidays, PlainDate } from '@app/calendar';
import { contractStream } from '@app/contract';
import type { Register } from '@app/erasable';
import { StoreUnavailable, type StoredEvent } from '@app/event-store';
import {
  approvalsPage,
  approvalView,
  accessesPage,
  accessReview,
  chargesOfMonth,
  ContractReader,
  contractsOfItems,
  contractsPage,
  contractorHolds,
  dueBy,
  erasureIds,
  erasuresPage,
  fromCursor,
  knownTimeOf,
  Lru,
  outcomesPage,
  pendingApprovals,
  policiesPage,
  placeKnownAt,
  placeOf,
  recordsPage,
  refusalsPage,
  renewalsPage,
  settlementsPage,
  silenceOf,
  toCursor,
  tokenRows,
  tokensPage,
  unfinishedUnits,
  unitsPage,
  unitView,
  usesOf,
  vendorFacts,
  type ApprovalView,
  webhookIds,
  webhookIdsPage,
  type Db,
  type Place,
  type ReadModels,
} from '@app/read-models';
import { openReadStore, ProjectionStopped, WaitTimeout, type ProjectionStatus } from '@app/read-store';
import type { Logger } from 'pino';
import { BadParameter, Unavailable, type Fresh, type LedgerQueries, type ReadinessReport, type Then, type Page, type WebhookQueries } from '../ports.js';
import { failedRead } from './failed-read.js';
import type { AcknowledgedStore } from './acknowledged.js';
import type { Application, CommandReads } from './application.js';
import { Projector } from './projector.js';
import type { ProjectorData } from './projector-thread.js';
import type { DueRow } from './scheduler.js';
import { joinTexts } from './texts.js';

export interface ReadsOptions {
  /** Path of `read.sqlite`. */
  readonly file: string;
  readonly store: AcknowledgedStore;
  /** How the thread of the read models reaches the log. */
  readonly follow: ProjectorData['log'];
  readonly ledgerId: string;
  readonly register: Register;
  readonly today: () => PlainDate;
  readonly holidays: Holidays | null;
  readonly log: Logger;
}

/** How long a read waits for a position before it says 503. */
const READ_WAIT_MS = 5_000;
/** How long a read that names no position waits for what was acknowledged before it came. */
const OWN_WAIT_MS = 2_000;
const COMMAND_WAIT_MS = 30_000;

/** The read side of the service. */
export interface Reads {
  readonly forCommands: CommandReads;
  readonly queries: Omit<LedgerQueries, keyof WebhookQueries>;
  connect(application: Application, accesses: { readonly last: string | null }): void;
  /** Resolves when every read model holds the log (or has stopped). */
  caughtUp(): Promise<void>;
  tokenEntries(): readonly TokenEntry[];
  /** Every webhook that is registered. */
  webhookIds(): readonly string[];
  /** The same by pages, newest first. */
  webhookIdsPage(page: Page): Promise<{ readonly ids: readonly string[]; readonly nextCursor: string | null }>;
  unfinishedUnits(): readonly string[];
  /** Ids of what waits for a second subject. */
  pendingApprovals(): readonly string[];
  /** Ids of all erasures, in order. */
  erasures(): readonly string[];
  dueBy(day: PlainDate, limit: number): readonly DueRow[];
  /** The last position the read models hold. */
  lastSeen(): string | null;
  readiness(): { readonly stopped: boolean; readonly behind: boolean; readonly checks: NonNullable<ReadinessReport['checks']> };
  rebuild(projection: string): Promise<object | null>;
  stop(): void;
  close(): Promise<void>;
}

export async function openReads(o: ReadsOptions): Promise<Reads> {
  const { store, register, today, holidays, log } = o;
  const readStore = openReadStore<ReadModels>({ file: o.file });
  const projector = new Projector({
    file: o.file,
    log: o.follow,
    ledgerId: o.ledgerId,
    holidays,
    onError: (error, projection) => log.error({ err: error, projection }, projection === null ? 'the read models cannot follow the log just now' : 'a read model has stopped'),
  });
  const reader = new ContractReader(readStore, holidays);
  let application: Application | null = null;
  let accesses: { readonly last: string | null } | null = null;

  const statusOf = (name: string): ProjectionStatus | undefined => projector.status().find((s) => s.name === name);

  /** Whether it is a position as this log's store gives them; those of another store look otherwise. */
  const isPosition = (text: string): boolean => {
    try {
      return store.compare(text, text) === 0;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  };

  const holds = (models: readonly string[], position: string): boolean =>
    models.every((name) => {
      const at = statusOf(name)?.position ?? null;
      return at !== null && store.compare(at, position) >= 0;
    });

  /** Before a read: its models serve, and hold the position asked for, or what callers have been told of. */
  const ready = async (models: readonly string[], at: Fresh): Promise<void> => {
    if (at.atLeast !== undefined) {
      if (!isPosition(at.atLeast)) throw new BadParameter([{ path: 'atLeast', message: 'position' }]);
      try {
        if (!holds(models, at.atLeast)) await projector.waitFor(at.atLeast, READ_WAIT_MS, models);
      } catch (error) {
        if (error instanceof WaitTimeout) throw new Unavailable('not-caught-up', 1);
        if (error instanceof ProjectionStopped) throw new Unavailable('projection-stopped', 30);
        throw error;
      }
    } else if (store.acknowledged !== null && !holds(models, store.acknowledged))
      await projector.waitFor(store.acknowledged, OWN_WAIT_MS, models).catch(() => undefined); // nothing newer was promised
    for (const name of models) {
      const status = statusOf(name);
      if (status?.state === 'stopped') throw new Unavailable('projection-stopped', 30, { projection: name });
      if (!status?.serving) throw new Unavailable('starting', 1, { projection: name });
    }
  };

  /** A typed query on one picture of its models, with the texts joined. */
  const read = async <T>(models: readonly string[], at: Fresh, work: (db: Db) => Promise<T>): Promise<T> => {
    await ready(models, at);
    try {
      return joinTexts(await readStore.withReadTransaction(work), register);
    } catch (error) {
      return failedRead(error);
    }
  };

  const fromStore = async (work: () => Promise<StoredEvent[]>): Promise<StoredEvent[]> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StoreUnavailable) throw new Unavailable('store-unavailable', 1);
      throw error;
    }
  };

  const contracts = ['contracts', 'units'] as const;

  /** Places of instants that lie before the log's end, and so never move; the last ones asked for. */
  const places = new Lru<string, Place>(1_000);

  /** The place in the log that a question about other times means; null: it asks by what is known now. */
  const placeMeant = async ({ knownAt, knownAtPosition }: Then): Promise<Place | null> => {
    if (knownAt === undefined && knownAtPosition === undefined) return null;
    const key = knownAt === undefined ? `at ${knownAtPosition}` : `${new Date(knownAt).toISOString()}`;
    const kept = places.get(key);
    if (kept) return kept;
    if (knownAtPosition !== undefined && !isPosition(knownAtPosition)) throw new BadParameter([{ path: 'knownAtPosition', message: 'position' }]);
    await ready(['clock'], {});
    try {
      const place = knownAt === undefined ? await placeOf(readStore, store, knownAtPosition!) : await placeKnownAt(readStore, store, knownAt);
      const head = await store.head();
      if (head !== null && (place.position === null || store.compare(place.position, head) < 0)) places.set(key, place);
      return place;
    } catch (error) {
      if (error instanceof StoreUnavailable) throw new Unavailable('store-unavailable', 1);
      throw error;
    }
  };

  /** As {@link read}, of another time where one is asked for; the answer then says by which position it was known. */
  const readThen = async <T extends object>(models: readonly string[], asked: Fresh & Then, work: (db: Db, then: { readonly today: PlainDate; readonly now: boolean; readonly at: number | undefined }) => Promise<T>): Promise<T> => {
    const place = await placeMeant(asked);
    if (place?.position) await ready(models, { atLeast: place.position });
    const answer = await read(models, asked, (db) => work(db, { today: asked.asOf ?? today(), now: asked.asOf === undefined, at: place?.at }));
    return place ? { ...answer, knownAtPosition: place.position } : answer;
  };

  const queries: Reads['queries'] = {
    async contract(id, asked) {
      const place = await placeMeant(asked);
      if (place?.position) await ready(contracts, { atLeast: place.position });
      await ready(contracts, asked);
      const view = joinTexts(reader.contract(id, { asOf: asked.asOf ?? today(), at: place?.at }), register);
      return place && view ? { ...view, knownAtPosition: place.position } : view;
    },
    contracts: (f) => readThen(contracts, f, (db, then) => contractsPage(db, { ...f, ...then, item: f.item as never, holidays })),
    async history(id, page) {
      await ready(['contracts', 'clock'], page);
      const stream = contractStream(id);
      let after: readonly [number] | null;
      try {
        after = fromCursor(page.cursor, [0]);
      } catch (error) {
        return failedRead(error);
      }
      const from = after === null ? 0 : after[0] + 1;
      const events = await fromStore(() => store.readStream(stream, { from, limit: page.limit + 1 }));
      if (events.length === 0 && from === 0) return null;
      const shown = events.slice(0, page.limit);
      return {
        events: joinTexts(
          shown.map(({ id: eventId, type, revision, position, data, metadata }) => ({
            id: eventId,
            type,
            revision,
            position,
            recordedAt: metadata.recordedAt,
            knownAt: knownTimeOf(readStore, { position, metadata }),
            data,
            metadata,
          })),
          register,
        ),
        nextCursor: events.length > page.limit ? toCursor([shown.at(-1)!.revision]) : null,
      };
    },
    managementUnits: (page) => read(contracts, page, (db) => unitsPage(db, { ...page, today: today() })),
    managementUnit: (id, at) => read(contracts, at, (db) => unitView(db, id, today())),
    records: (f) => read(['records'], f, (db) => recordsPage(db, f)),
    renewals: (w) => readThen(['contracts'], w, (db, then) => renewalsPage(db, { ...w, ...then })),
    settlements: (w) => readThen(['contracts'], w, (db, then) => settlementsPage(db, { ...w, ...then, holidays })),
    charges: (f) => readThen(['contracts'], f, (db, { at }) => chargesOfMonth(db, { ...f, at })),
    async discontinuation(vendor, id, page) {
      await ready(['contracts'], page);
      try {
        return await application!.discontinuation(vendor as never, id, page.cursor, page.limit);
      } catch (error) {
        return failedRead(error);
      }
    },
    tokens: (page) => read(['tokens'], page, (db) => tokensPage(db, page)),
    approvals: async (f) => {
      const page = await read(['approvals'], f, (db) => approvalsPage(db, f));
      return { ...page, approvals: page.approvals.map(withRequest) };
    },
    async approval(id, at) {
      const found = await read(['approvals'], at, (db) => approvalView(db, id));
      return found && withRequest(found);
    },
    refusals: (f) => read(['refusals'], f, (db) => refusalsPage(db, f)),
    policies: (page) => read(['oversight'], page, (db) => policiesPage(db, page)),
    erasures: (page) => read(['oversight'], page, (db) => erasuresPage(db, page)),
    async silence(q) {
      await ready(['contracts'], q);
      const events = await fromStore(() => store.readStream(contractStream(q.contractId)));
      const discontinuations = await readStore.withReadTransaction(vendorFacts);
      const { contractId, subject, term } = q;
      return joinTexts(silenceOf(events, { contractId, subject, term }, { today: today(), holidays, discontinuations }), register);
    },
    reads(f) {
      // What was read before this was asked is there.
      const last = f.atLeast ?? accesses?.last;
      return read(['accesses'], last ? { ...f, atLeast: last } : f, (db) => accessesPage(db, f));
    },
    async accessReview(days) {
      const review = await read(['tokens', 'acts'], days, (db) => accessReview(db, days));
      return {
        ...review,
        takenAt: new Date().toISOString(),
        position: statusOf('acts')?.position ?? null,
        notice: 'Acts are what the log holds: commands, refusals, and the reads of auditors. Reads in other roles are not recorded. Days are those of Japan.',
      };
    },
    async projections() {
      return { projections: projector.status(), nextCursor: null };
    },
  };

  const held = async (models: readonly string[], position: string): Promise<void> => {
    try {
      await projector.waitFor(position, COMMAND_WAIT_MS, models);
    } catch (error) {
      if (error instanceof WaitTimeout) throw new Unavailable('not-caught-up', 1);
      if (error instanceof ProjectionStopped) throw new Unavailable('projection-stopped', 30);
      throw error;
    }
  };
  /** The rows hold the whole log as it is now. */
  const allHeld = async (models: readonly string[]): Promise<void> => {
    const head = await store.head();
    if (head !== null) await held(models, head);
  };

  return {
    queries,
    forCommands: {
      usesOf: (commandId) => usesOf(readStore, commandId),
      commandsAt: () => statusOf('commands')?.position ?? null,
      contractsOfItems: (items, after, limit) => contractsOfItems(readStore, items, after, limit),
      waitFor: (position) => held(['contracts'], position),
      async contractor(contractorId) {
        await allHeld(['contracts', 'units']);
        return contractorHolds(readStore, contractorId);
      },
      outcomes: (discontinuationId, cursor, limit) => readStore.withReadTransaction((db) => outcomesPage(db, { discontinuationId, cursor, limit })),
    },
    connect(a, recorder) {
      application = a;
      accesses = recorder;
    },
    caughtUp: () => projector.caughtUp(),
    tokenEntries: () => tokenRows(readStore) as readonly TokenEntry[],
    webhookIds: () => webhookIds(readStore),
    webhookIdsPage: (page) => read(['webhooks'], page, (db) => webhookIdsPage(db, page)),
    unfinishedUnits: () => unfinishedUnits(readStore),
    pendingApprovals: () => pendingApprovals(readStore),
    erasures: () => erasureIds(readStore),
    dueBy: (day, limit) => dueBy(readStore, day, limit),
    lastSeen() {
      let last: string | null = null;
      for (const { position } of projector.status()) if (position !== null && (last === null || store.compare(position, last) > 0)) last = position;
      return last;
    },
    readiness() {
      const status = projector.status();
      return {
        stopped: status.some((s) => s.state === 'stopped'),
        behind: status.some((s) => s.state === 'catchingUp'),
        checks: Object.fromEntries(status.map((s) => [s.name, s.reason === null ? s.state : `${s.state}: ${s.reason}`])),
      };
    },
    async rebuild(projection) {
      if (!statusOf(projection)) return null;
      projector.rebuild(projection).catch((error: unknown) => log.error({ err: error, projection }, 'the rebuild failed'));
      return { projection, ...statusOf(projection) };
    },
    stop: () => void projector.stop(),
    async close() {
      await projector.stop();
      await readStore.close();
    },
  };
}

/** What waits, parsed: `{body, replacement}`; null where it was erased. */
const withRequest = (view: ApprovalView): object => {
  const text = view.request as unknown as string | null;
  return { ...view, request: text === null ? null : (JSON.parse(text) as object) };
};
