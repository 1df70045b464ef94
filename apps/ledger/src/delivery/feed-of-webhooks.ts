import { contractOf } from '@app/delivery';
import type { Feed } from '../feed/feed.js';
import type { WebhookFeed } from './webhooks.js';

/** The feed with what deliveries look for in it: the next event of a contract, and an event by its id. */
export const feedOfWebhooks = (feed: Feed): WebhookFeed => ({
  opened: () => feed.opened(),
  head: () => feed.head(),
  read: (from, limit) => feed.read(from, limit),
  arrived: (after, ms, signal) => feed.arrived(after, ms, signal),
  async ofContract(contractId, from, through) {
    const sequence = feed.nextOfContract(contractId, from);
    if (sequence === null || sequence > through) return null;
    const [event] = await feed.read(sequence, 1);
    if (event?.revision !== sequence) throw new Error(`the feed has no event ${sequence}, where one of contract ${contractId} is indexed`);
    return event;
  },
  async placeOf(eventId) {
    const sequence = await feed.find(eventId);
    if (sequence === null) return null;
    const [event] = await feed.read(sequence, 1);
    return event ? { eventId, sequence, contractId: contractOf(event) } : null;
  },
});
