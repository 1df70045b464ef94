import type { EventStore, StoredEvent } from '@app/event-store';
import type { EventRegistry } from '@app/kernel';
import type { RecordedEvent } from '@app/contract';

/** A stored event as the domain reads it: upcast to the current version of its type. */
export const toRecorded = (registry: EventRegistry, e: StoredEvent): RecordedEvent => ({
  id: e.id,
  type: e.type,
  revision: e.revision,
  data: registry.upcast(e.type, e.metadata.schemaVersion, e.data),
  metadata: e.metadata,
});

/**
 * Folded streams of one kind, the latest used kept in memory. Appends carry the expected revision, so a state that has
 * fallen behind only costs a conflict; {@link forget} it then.
 */
export class FoldedStreams<S> {
  private readonly states = new Map<string, S>();
  /** Counts what was remembered or forgotten from outside: what was read meanwhile may be older, and is not kept. */
  private changes = 0;

  constructor(
    private readonly store: EventStore,
    private readonly registry: EventRegistry,
    private readonly none: S,
    private readonly fold: (state: S, events: readonly RecordedEvent[]) => S,
    private readonly kept = 10_000,
    /** Whether to remember that a stream is empty: for a few known names, not for ids that anybody may make up. */
    private readonly keepsNone = false,
  ) {}

  async load(stream: string): Promise<S> {
    const known = this.states.get(stream);
    if (known !== undefined) {
      this.states.delete(stream);
      this.states.set(stream, known);
      return known;
    }
    const { changes } = this;
    const state = await this.read(stream);
    if (changes === this.changes) this.keep(stream, state);
    return state;
  }

  /** The stream folded from the store, past the memory. */
  async read(stream: string): Promise<S> {
    const events = await this.store.readStream(stream);
    if (events.length === 0) return this.none;
    return this.fold(
      this.none,
      events.map((e) => toRecorded(this.registry, e)),
    );
  }

  remember(stream: string, state: S): void {
    this.changes++;
    this.keep(stream, state);
  }

  private keep(stream: string, state: S): void {
    this.states.delete(stream);
    if (state === this.none && !this.keepsNone) return;
    this.states.set(stream, state);
    if (this.states.size > this.kept) this.states.delete(this.states.keys().next().value!);
  }

  forget(stream: string): void {
    this.changes++;
    this.states.delete(stream);
  }
}
