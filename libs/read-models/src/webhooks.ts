/** Which webhook endpoints there are; each one's own stream says what it is. */
import type { Projection } from '@app/read-store';
import { idIn, type LedgerEvent } from './ledger-event.js';
import { newestFirst, type Db, type Page, type Statements } from './reads.js';

export const webhooksProjection: Projection<LedgerEvent> = {
  name: 'webhooks',
  version: 1,
  tables: {
    webhooks: ({ table, index }) => [
      table.addColumn('no', 'integer', (c) => c.primaryKey()).addColumn('webhook_id', 'text', (c) => c.notNull()),
      index('by_id').column('webhook_id').unique(),
    ],
  },
  handle(events, writer) {
    for (const e of events) {
      const webhookId = idIn('webhook', e.stream);
      if (webhookId === null) continue;
      if (e.type === 'WebhookRegistered') writer.prepare('INSERT INTO {webhooks} (webhook_id) VALUES (?)').run(webhookId);
      else if (e.type === 'WebhookRemoved') writer.prepare('DELETE FROM {webhooks} WHERE webhook_id = ?').run(webhookId);
      else if (!OTHERS.has(e.type)) throw new Error(`no rule for event type ${e.type}`);
    }
  },
};

/** What changes an endpoint without making or removing it. */
const OTHERS: ReadonlySet<string> = new Set([
  'WebhookRetargeted',
  'WebhookTypesChosen',
  'WebhookDescribed',
  'WebhookDisabled',
  'WebhookEnabled',
  'WebhookSecretRotated',
  'WebhookEventSkipped',
  'WebhookRedeliveryAsked',
  'WebhookRewound',
]);

/** Ids of all that are registered, in order of registration. */
export const webhookIds = (store: Statements): string[] =>
  store
    .statement<{ webhook_id: string }>('SELECT webhook_id FROM webhooks ORDER BY no')
    .all()
    .map((r) => r.webhook_id);

/** Ids of those that are registered, newest first. @throws {MalformedCursor} */
export async function webhookIdsPage(db: Db, f: Page): Promise<{ ids: string[]; nextCursor: string | null }> {
  const { rows, nextCursor } = await newestFirst(db.selectFrom('webhooks').selectAll(), f);
  return { ids: rows.map((r) => r.webhook_id), nextCursor };
}
