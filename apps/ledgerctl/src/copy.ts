import { closeSync, existsSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';

const ALL_PAGES = 2 ** 31 - 1;

/** A copy of a database that may be in use: one picture of it, made while others go on writing. Owner only. */
export async function copyDatabase(from: string, to: string): Promise<void> {
  closeSync(openSync(to, 'wx', 0o600));
  let reader: DatabaseSync | undefined;
  try {
    reader = new DatabaseSync(from, { readOnly: true, timeout: 10_000 });
    await backup(reader, to, { rate: ALL_PAGES });
  } catch (error) {
    // SQLite does not say of which file it speaks.
    throw new Error(`${basename(from)}: ${(error as Error).message}`, { cause: error });
  } finally {
    reader?.close();
  }
}

/** What SQLite itself finds wrong with a file, and what would act in it unseen; null: nothing. */
export function damageOf(file: string): string | null {
  if (!existsSync(file)) return 'is missing';
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
    const trigger = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").get() as { name: string } | undefined;
    if (trigger) return `holds a trigger (${trigger.name}), and nothing of ours makes one: what is written there may be altered or copied`;
    const said = db.prepare('PRAGMA integrity_check(3)').all() as { integrity_check: string }[];
    return said.length === 1 && said[0]!.integrity_check === 'ok' ? null : said.map((s) => s.integrity_check).join('; ');
  } catch (error) {
    return (error as Error).message;
  } finally {
    db?.close();
  }
}
