/** The service's log, read past the service. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openEventStoreDb, type EventStore } from '@app/event-store';
import type { EventMetadata } from '@app/kernel';
import { onEnd, STORE, type Service } from './service.js';

export interface LogEvent {
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  readonly revision: number;
  readonly data: { readonly [name: string]: unknown };
  readonly metadata: EventMetadata;
}

let client: Promise<EventStore> | null = null;
onEnd(async () => {
  const open = client;
  client = null;
  await (await open)?.close();
});

/** Every event in the order of the log, but the published ones: those follow in their own time. */
export async function readLog(service: Service): Promise<LogEvent[]> {
  return (await readWholeLog(service)).filter((e) => e.stream !== 'published-billing');
}

/** Every event, in the order of the log. */
export async function readWholeLog(service: Service): Promise<LogEvent[]> {
  if (STORE === 'eventstoredb' && service.onEventStoreDb) {
    const store = await (client ??= openEventStoreDb({ url: process.env['EVENTSTORE_URL']! }));
    const out: LogEvent[] = [];
    for (let after: string | null = null; ; ) {
      const page = await store.readAll({ after, limit: 1_000 });
      out.push(...(page as unknown as LogEvent[]));
      if (page.length < 1_000) return out;
      after = page.at(-1)!.position;
    }
  }
  const db = new DatabaseSync(join(service.data, 'log.sqlite'), { readOnly: true });
  try {
    const rows = db.prepare('SELECT id, type, stream, revision, data, metadata FROM events ORDER BY position').all() as unknown as { id: string; type: string; stream: string; revision: number; data: string; metadata: string }[];
    return rows.map((r) => ({ ...r, data: JSON.parse(r.data) as LogEvent['data'], metadata: JSON.parse(r.metadata) as EventMetadata }));
  } finally {
    db.close();
  }
}

export const typesOn = (log: readonly LogEvent[], stream: string): string[] => log.filter((e) => e.stream === stream).map((e) => e.type);
