import { setImmediate } from 'node:timers/promises';
import { contractStream } from '@app/contract';
import type { Register } from '@app/erasable';
import { LEDGER_STREAM, type EventStore, type Position, type StoredEvent } from '@app/event-store';
import { canonicalJson, isUuid, type TextRef } from '@app/kernel';

/** Something that is not as it must be. */
export interface Fault {
  /** `position`, `revision`, `canonical`, `metadata`, `founding`, `text`, `rows`, … */
  readonly kind: string;
  /** Where: an event, a table. */
  readonly at: string;
  readonly detail: string;
}

export interface LogFindings {
  readonly ledgerId: string | null;
  readonly events: number;
  readonly streams: number;
  readonly head: Position | null;
  /** References to texts, and how many of those were erased. */
  readonly texts: number;
  readonly erased: number;
  /** The first of them, at most {@link MOST_FAULTS}. */
  readonly faults: readonly Fault[];
  readonly faultCount: number;
}

export const MOST_FAULTS = 100;
const PAGE = 1_000;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const SALT = /^[0-9a-f]{32}$/;

export interface VerifyLogOptions {
  readonly store: EventStore;
  /** Null: texts are not looked up. */
  readonly register: Register | null;
  /** The embedded log numbers its positions without gaps; another store has an order only. */
  readonly dense: boolean;
  /** Up to and including this position; default: all. */
  readonly through?: Position | null;
  /**
   * Texts that erasures behind `through` name, or behind the copy that is read: the register is copied after the log.
   * Asked only where a text is gone and nothing that was read says why.
   */
  readonly erasedSince?: () => Promise<ReadonlySet<string>>;
  readonly onProgress?: (position: Position) => void;
}

/**
 * Reads the log from its founding to its head: positions and revisions without gaps, every row canonical JSON byte for
 * byte, metadata whole, and every text the events committed to still that very text, or erased by an event that names it.
 */
export async function verifyLog({ store, register, dense, through, erasedSince, onProgress }: VerifyLogOptions): Promise<LogFindings> {
  const faults: Fault[] = [];
  let faultCount = 0;
  const fault = (kind: string, at: string, detail: string): void => {
    if (++faultCount <= MOST_FAULTS) faults.push({ kind, at, detail });
  };
  const heads = new Map<string, number>();
  let ledgerId: string | null = null;
  let head: Position | null = null;
  let [events, texts, erased] = [0, 0, 0];
  /** Texts that an erasure names, with its place; and texts that are gone, with the place of their event. */
  const named = new Map<string, string>();
  const gone = new Map<string, string>();
  const owners = new Owners();

  const look = (e: StoredEvent): void => {
    const at = `position ${e.position} (${e.type}, ${e.stream} revision ${e.revision})`;
    if (dense ? Number(e.position) !== events + 1 : head !== null && store.compare(head, e.position) >= 0)
      fault('position', at, dense ? `position ${events + 1} was to come next` : `comes after ${head}`);
    const revision = (heads.get(e.stream) ?? -1) + 1;
    if (e.revision !== revision) fault('revision', at, `revision ${revision} of the stream was to come next`);
    heads.set(e.stream, e.revision);
    for (const [name, value, raw] of [
      ['data', e.data, e.rawData],
      ['metadata', e.metadata, e.rawMetadata],
    ] as const) {
      const why = notCanonical(value, raw);
      if (why !== null) fault('canonical', at, `${name}: ${why}`);
    }
    const missing = missingMetadata(e);
    if (missing.length > 0) fault('metadata', at, `not as it must be: ${missing.join(', ')}`);
    if (events === 0) {
      if (e.stream === LEDGER_STREAM && e.type === 'LedgerFounded')
        ledgerId = String((e.data as { ledgerId?: unknown }).ledgerId);
      else fault('founding', at, 'the first event is not the founding of a ledger');
    }
    const owner = owners.of(e);
    if (register)
      for (const ref of refsIn(e.data, refsIn(e.metadata))) {
        texts++;
        const verdict = register.verify(ref);
        if (verdict === 'erased') {
          erased++;
          gone.set(ref.ref, at);
        } else if (verdict !== 'ok') fault('text', at, `text ${ref.ref} is ${verdict} in the register`);
        const kept = owner === null ? null : register.describe(ref.ref);
        // What another command wrote (a vendor's reason, an approver's) is kept under whom that was about.
        if (kept && kept.commandId === e.metadata.commandId && kept.subject !== owner)
          fault('text', at, `text ${ref.ref} is kept under ${kept.subject ?? 'nobody'} in the register and belongs to ${owner}: an erasure would miss it`);
      }
    for (const ref of erasedBy(e)) named.set(ref, at);
    events++;
    head = e.position;
  };

  for (;;) {
    const page = await readPage(store, head, fault);
    for (const event of page.events) {
      if (through != null && store.compare(event.position, through) > 0) return done();
      look(event);
    }
    if (head !== null) onProgress?.(head);
    if (page.last) return done();
    await setImmediate();
  }

  /** What is gone from the register was erased by an event that names it, and what an event names is gone. */
  async function accountForErasures(): Promise<void> {
    const unnamed = [...gone].filter(([ref]) => !named.has(ref));
    const since = unnamed.length > 0 ? await erasedSince?.() : undefined;
    for (const [ref, at] of unnamed) if (!since?.has(ref)) fault('text', at, `text ${ref} is gone from the register, and no erasure names it`);
    for (const [ref, at] of named) if (register!.describe(ref)?.erasedAt === null) fault('text', at, `text ${ref} was erased and is in the register again: start the service, which removes it`);
  }

  async function done(): Promise<LogFindings> {
    if (register) await accountForErasures();
    return { ledgerId, events, streams: heads.size, head, texts, erased, faults, faultCount };
  }
}

/** Texts that an event removes for good. */
const erasedBy = (e: StoredEvent): readonly string[] => (e.type === 'ContractorErased' ? ((e.data as { readonly refs?: readonly string[] }).refs ?? []) : []);

/** Texts that erasures behind a position name. */
export async function erasedAfter(store: EventStore, position: Position | null): Promise<Set<string>> {
  const refs = new Set<string>();
  for (let after = position; ; ) {
    const page = await store.readAll({ after, limit: PAGE });
    for (const ref of page.flatMap(erasedBy)) refs.add(ref);
    if (page.length < PAGE) return refs;
    after = page.at(-1)!.position;
  }
}

/** Whose the events are, by what the log has told so far. */
class Owners {
  private readonly contractors = new Map<string, string>();

  /** The contractor's id; null: it cannot be said, or the event is nobody's. */
  of({ type, stream, data }: StoredEvent): string | null {
    const { contractorId, contractId } = (data ?? {}) as { readonly contractorId?: unknown; readonly contractId?: unknown };
    if (type === 'FactRecorded') return typeof contractId === 'string' ? (this.contractors.get(contractStream(contractId)) ?? null) : null;
    if (type === 'ApprovalRequested') return typeof contractorId === 'string' ? contractorId : null;
    if ((type === 'Contracted' || type === 'ManagementUnitOpened') && typeof contractorId === 'string') this.contractors.set(stream, contractorId);
    return this.contractors.get(stream) ?? null;
  }
}

/** One page; where a row cannot even be read, what lies before it, and a fault that names the place. */
async function readPage(
  store: EventStore,
  after: Position | null,
  fault: (kind: string, at: string, detail: string) => void,
): Promise<{ events: StoredEvent[]; last: boolean }> {
  try {
    const events = await store.readAll({ after, limit: PAGE });
    return { events, last: events.length < PAGE };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const events: StoredEvent[] = [];
  for (let at = after; ;) {
    try {
      const [event] = await store.readAll({ after: at, limit: 1 });
      if (!event) return { events, last: true };
      events.push(event);
      at = event.position;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      fault(
        'canonical',
        `after position ${at ?? 'none'}`,
        `the next event is not JSON (${error.message}); nothing behind it was looked at`,
      );
      return { events, last: true };
    }
  }
}

function notCanonical(value: unknown, raw: string): string | null {
  try {
    return canonicalJson(value) === raw ? null : 'not canonical JSON';
  } catch (error) {
    return (error as Error).message;
  }
}

function missingMetadata({ id, metadata: m }: StoredEvent): string[] {
  const wrong: string[] = [];
  if (!isUuid(id)) wrong.push('id');
  if (!isUuid(String(m.commandId))) wrong.push('commandId');
  if (typeof m.actor?.subject !== 'string') wrong.push('actor');
  if (!INSTANT.test(String(m.recordedAt))) wrong.push('recordedAt');
  if (!Number.isInteger(m.schemaVersion)) wrong.push('schemaVersion');
  if (!SALT.test(String(m.salt))) wrong.push('salt');
  if (!Array.isArray(m.receipts)) wrong.push('receipts');
  return wrong;
}

/** Every reference to a text in a value. */
export function refsIn(value: unknown, found: TextRef[] = []): TextRef[] {
  if (Array.isArray(value)) for (const v of value) refsIn(v, found);
  else if (typeof value === 'object' && value !== null) {
    const { ref, commitment } = value as Partial<TextRef>;
    if (typeof ref === 'string' && typeof commitment === 'string') found.push({ ref, commitment });
    else for (const v of Object.values(value)) refsIn(v, found);
  }
  return found;
}
