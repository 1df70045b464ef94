import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { type CreateTableBuilder, type Dialect, sql, SqliteDialect } from 'kysely';
import type { SqlValue, Statement } from './port.js';

/*
 * Everything in which SQLite and PostgreSQL differ for the read models. A PostgreSQL adapter has its own answers to:
 *   the Kysely dialect            PostgresDialect
 *   jsonType                      jsonb
 *   clustered                     nothing to say
 *   isPassing                     classes 08, 40, 53, 57 of SQLSTATE
 * Views, savepoints and the checkpoint table are the same SQL in both.
 */

/** The column type of JSON. In SQLite it comes back as text. */
export const jsonType = 'text';

/** Kysely on a connection of node:sqlite. Statements are kept per connection. */
export function sqliteDialect(db: DatabaseSync): Dialect {
  const prepare = statementCache((text) => {
    const statement = db.prepare(text);
    const given = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
    return {
      reader: statement.columns().length > 0,
      all: (parameters: readonly unknown[]) => statement.all(...given(parameters)),
      run: (parameters: readonly unknown[]) => statement.run(...given(parameters)),
      // A kept statement must not be stepped by two readers at a time.
      iterate: (parameters: readonly unknown[]) => db.prepare(text).iterate(...given(parameters)) as IterableIterator<unknown>,
    };
  });
  return new SqliteDialect({ database: { prepare, close: () => db.close() } });
}

/** A prepared statement of node:sqlite under the port's name. */
export function asStatement<R>(statement: StatementSync): Statement<R> {
  return {
    all: (...parameters: SqlValue[]) => statement.all(...parameters) as R[],
    get: (...parameters: SqlValue[]) => statement.get(...parameters) as R | undefined,
    run: (...parameters: SqlValue[]) => Number(statement.run(...parameters).changes),
  };
}

const KEPT_STATEMENTS = 500;

/** Keeps what was prepared by its text. Texts with lists of varying length are many: then it starts over. */
export function statementCache<S>(prepare: (text: string) => S): (text: string) => S {
  const kept = new Map<string, S>();
  return (text) => {
    let statement = kept.get(text);
    if (statement === undefined) {
      if (kept.size >= KEPT_STATEMENTS) kept.clear();
      kept.set(text, (statement = prepare(text)));
    }
    return statement;
  };
}

/** Rows stored in the tree of the primary key itself. */
export const clustered = (table: CreateTableBuilder<string>): CreateTableBuilder<string> => table.modifyEnd(sql`without rowid`);

/** BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN: primary result codes of SQLite. */
const PASSING = new Set([5, 6, 7, 8, 9, 10, 11, 13, 14]);

export function isPassing(error: unknown): boolean {
  const code = (error as { errcode?: unknown } | null | undefined)?.errcode;
  return typeof code === 'number' && PASSING.has(code & 0xff);
}
