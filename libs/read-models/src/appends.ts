/** Events as they are kept beside the rows: everything that folding needs of them, by what one command appended. */
import type { PlainDate } from '@app/calendar';
import type { EventRegistry, EventMetadata, Json } from '@app/kernel';
import type { RecordedEvent } from '@app/contract';
import type { LedgerEvent } from './ledger-event.js';

/**
 * `position` is that of the last event. Ids, instants, days and positions hold nothing that JSON would have to escape, so
 * the text is put together from what is stored. Requests are not kept: whoever repeats a command asks the stream itself.
 */
type AppendBody = readonly [
  knownAt: string, position: string, businessDate: string, commandId: string,
  events: readonly (readonly [id: string, type: string, version: number, data: Json])[],
];

export interface AppendRow {
  /** Of the first event. */
  readonly revision: number;
  /** How many events the log held with the last one. */
  readonly at: number;
  readonly body: string;
}

/** An append on its way into a row. */
export class Append {
  private events = '';
  private position = '';
  private last: number;

  constructor(
    readonly revision: number,
    private readonly knownAt: string,
    private readonly metadata: EventMetadata,
  ) {
    this.last = revision - 1;
  }

  /** Whether an event belongs to this append. */
  takes(e: LedgerEvent, knownAt: string): boolean {
    return e.revision === this.last + 1 && e.metadata.commandId === this.metadata.commandId && knownAt === this.knownAt && e.metadata.businessDate === this.metadata.businessDate;
  }

  add(e: LedgerEvent): this {
    this.events += `${this.events === '' ? '' : ','}["${e.id}","${e.type}",${e.metadata.schemaVersion},${e.rawData}]`;
    this.position = e.position;
    this.last = e.revision;
    return this;
  }

  body(): string {
    return `["${this.knownAt}","${this.position}","${this.metadata.businessDate}","${this.metadata.commandId}",[${this.events}]]`;
  }

  /** The append that a row holds, to go on with. */
  static of({ revision, body }: Pick<AppendRow, 'revision' | 'body'>): Append {
    const [knownAt, position, businessDate, commandId, events] = JSON.parse(body) as AppendBody;
    const append = new Append(revision, knownAt, { businessDate, commandId } as EventMetadata);
    append.events = body.slice(body.indexOf(',[[') + 2, -2);
    append.position = position;
    append.last = revision + events.length - 1;
    return append;
  }
}

/** Events of one stream, upcast, and what is said of the last of them. */
export interface Unpacked {
  readonly events: RecordedEvent[];
  /** The latest business day; empty without events. */
  readonly businessDate: PlainDate;
  readonly position: string;
}

/** The events of rows in their order. */
export function unpack(rows: readonly AppendRow[], registry: EventRegistry): Unpacked {
  const out: RecordedEvent[] = [];
  let latest = '' as PlainDate;
  let last = '';
  for (const { revision, body } of rows) {
    const [, position, businessDate, commandId, events] = JSON.parse(body) as AppendBody;
    if (businessDate > latest) latest = businessDate as PlainDate;
    last = position;
    const metadata = { commandId, businessDate } as EventMetadata;
    let at = revision;
    for (const [id, type, version, data] of events) out.push({ id, type, revision: at++, data: registry.upcast(type, version, data), metadata });
  }
  return { events: out, businessDate: latest, position: last };
}
