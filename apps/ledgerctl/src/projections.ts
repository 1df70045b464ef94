import type { StoredEvent } from '@app/event-store';
import type { Projection } from '@app/read-store';

export const PROJECTIONS: readonly Projection<StoredEvent>[] = [];
