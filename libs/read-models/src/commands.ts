/** Which command was used on which stream: a key used again elsewhere is found here. */
import type { Projection, ProjectionWriter } from '@app/read-store';
import { idIn, type LedgerEvent } from './ledger-event.js';
import type { Statements } from './reads.js';

/** Commands whose keys are written at a time when that was put off: in the order of the keys, which are random. */
const PORTION = 50_000;

export const commandsProjection: Projection<LedgerEvent> = {
  name: 'commands',
  version: 2,
  tables: {
    commands: ({ table }) => [
      table
        .addColumn('n', 'integer', (c) => c.primaryKey())
        .addColumn('key', 'integer', (c) => c.notNull())
        .addColumn('command_id', 'text', (c) => c.notNull())
        .addColumn('stream', 'text', (c) => c.notNull())
        .addColumn('request_hash', 'text', (c) => c.notNull())
        .addColumn('name', 'text', (c) => c.notNull()),
    ],
    command_keys: ({ clustered }) => [
      clustered
        .addColumn('key', 'integer', (c) => c.notNull())
        .addColumn('n', 'integer', (c) => c.notNull())
        .addPrimaryKeyConstraint('command_keys_key', ['key', 'n']),
    ],
  },
  handle(events, writer) {
    const memory = remembered(writer);
    const insert = writer.prepare('INSERT INTO {commands} (n, key, command_id, stream, request_hash, name) VALUES (?, ?, ?, ?, ?, ?)');
    const insertKey = writer.prepare('INSERT INTO {command_keys} (key, n) VALUES (?, ?)');
    for (const { stream, metadata } of events) {
      // A read has no key that could be used twice.
      if (idIn('access', stream) !== null) continue;
      const { commandId, requestHash, command } = metadata;
      // The events of one append lie together.
      if (memory.before?.commandId === commandId && memory.before.stream === stream) continue;
      const key = keyOf(commandId);
      insert.run(++memory.last, key, commandId, stream, requestHash, command);
      if (writer.complete) insertKey.run(key, memory.last);
      memory.before = { commandId, stream };
    }
  },
  settle(writer) {
    const memory = remembered(writer);
    const from = (memory.keyed ??= writer.prepare<{ n: number | null }>('SELECT max(n) AS n FROM {command_keys}').get()?.n ?? 0);
    const to = (memory.keyed = Math.min(from + PORTION, memory.last));
    writer.prepare('INSERT INTO {command_keys} (key, n) SELECT key, n FROM {commands} WHERE n > ? AND n <= ? ORDER BY key, n').run(from, to);
    return to < memory.last;
  },
};

interface Memory {
  /** Number of the last command. */
  last: number;
  before: { readonly commandId: string; readonly stream: string } | null;
  /** Up to which command keys were written; not known yet: null. */
  keyed: number | null;
}

const remembered = (writer: ProjectionWriter): Memory =>
  writer.memory<Memory>(() => {
    const row = writer.prepare<{ n: number; command_id: string; stream: string }>('SELECT n, command_id, stream FROM {commands} ORDER BY n DESC LIMIT 1').get();
    return { last: row?.n ?? 0, before: row ? { commandId: row.command_id, stream: row.stream } : null, keyed: null };
  });

/** The first 48 bits of a command's id as a number. Ids are random or hashes, so few share it. */
const keyOf = (commandId: string): number => Number.parseInt(commandId.slice(0, 8) + commandId.slice(9, 13), 16) || 0;

export interface CommandUse {
  readonly stream: string;
  readonly requestHash: string;
  readonly name: string;
}

/** The streams a command wrote to, in order; empty where its id is not known (yet). */
export function usesOf(store: Statements, commandId: string): CommandUse[] {
  return store
    .statement<{ stream: string; request_hash: string; name: string }>('SELECT c.stream, c.request_hash, c.name FROM command_keys k JOIN commands c ON c.n = k.n WHERE k.key = ? AND c.command_id = ? ORDER BY k.n')
    .all(keyOf(commandId), commandId)
    .map((r) => ({ stream: r.stream, requestHash: r.request_hash, name: r.name }));
}
