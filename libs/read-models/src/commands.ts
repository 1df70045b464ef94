/** Which command was used on which stream: a key used again elsewhere is found here. */
import type { Projection } from '@app/read-store';
import type { LedgerEvent } from './ledger-event.js';
import type { Statements } from './reads.js';

export const commandsProjection: Projection<LedgerEvent> = {
  name: 'commands',
  version: 1,
  tables: {
    commands: ({ table, index }) => [
      table
        .addColumn('n', 'integer', (c) => c.primaryKey())
        .addColumn('key', 'integer', (c) => c.notNull())
        .addColumn('command_id', 'text', (c) => c.notNull())
        .addColumn('stream', 'text', (c) => c.notNull())
        .addColumn('request_hash', 'text', (c) => c.notNull())
        .addColumn('name', 'text', (c) => c.notNull()),
      index('by_key').column('key'),
    ],
  },
  handle(events, writer) {
    const insert = writer.prepare('INSERT INTO {commands} (key, command_id, stream, request_hash, name) VALUES (?, ?, ?, ?, ?)');
    let before: { readonly commandId: string; readonly stream: string } | null = null;
    for (const { stream, metadata } of events) {
      const { commandId, requestHash, command } = metadata;
      // The events of one append lie together; only an append that the batch cuts in two is looked up.
      const known: boolean =
        before === null
          ? writer.prepare('SELECT 1 FROM {commands} WHERE key = ? AND command_id = ? AND stream = ?').get(keyOf(commandId), commandId, stream) !== undefined
          : before.commandId === commandId && before.stream === stream;
      if (!known) insert.run(keyOf(commandId), commandId, stream, requestHash, command);
      before = { commandId, stream };
    }
  },
};

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
    .statement<{ stream: string; request_hash: string; name: string }>('SELECT stream, request_hash, name FROM commands WHERE key = ? AND command_id = ? ORDER BY n')
    .all(keyOf(commandId), commandId)
    .map((r) => ({ stream: r.stream, requestHash: r.request_hash, name: r.name }));
}
