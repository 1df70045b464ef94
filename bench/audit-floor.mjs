// The floor of a verification: every row read from the table and its texts hashed, nothing else. One thread.
import { hash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

const db = new DatabaseSync(process.argv[2], { readOnly: true });
const page = db.prepare('SELECT position, stream, revision, id, type, data, metadata FROM events NOT INDEXED WHERE position > ? ORDER BY position LIMIT 50');
page.setReturnArrays(true);
let last = 0;
for (;;) {
  const rows = page.all(last);
  if (rows.length === 0) break;
  for (const row of rows) hash('sha256', row[5] + row[6]);
  last = rows.at(-1)[0];
}
db.close();
