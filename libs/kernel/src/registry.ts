import type { Json } from './canonical.js';

/** Turns the data of version n into that of version n + 1. */
export type Upcaster = (data: never) => unknown;

interface Entry {
  readonly type: string;
  readonly version: number;
  readonly upcasters: readonly Upcaster[];
}

/**
 * The event types a log may hold, by stored name. A type at version n must come with n - 1 upcasters (1→2, 2→3, …);
 * building the registry without them throws, so a changed shape cannot be shipped half way.
 */
export class EventRegistry {
  private readonly entries = new Map<string, Entry>();

  constructor(entries: readonly { readonly type: string; readonly version: number; readonly upcasters?: readonly Upcaster[] }[]) {
    for (const e of entries) {
      if (this.entries.has(e.type)) throw new Error(`event type ${e.type} is registered twice`);
      const upcasters = e.upcasters ?? [];
      if (upcasters.length !== e.version - 1)
        throw new Error(`event type ${e.type} is at version ${e.version} and needs ${e.version - 1} upcasters, has ${upcasters.length}`);
      this.entries.set(e.type, { type: e.type, version: e.version, upcasters });
    }
  }

  get types(): string[] {
    return [...this.entries.keys()];
  }

  /** Current schema version of a type. Throws on an unknown type: nothing is skipped silently. */
  version(type: string): number {
    const e = this.entries.get(type);
    if (!e) throw new UnknownEventType(type);
    return e.version;
  }

  /** Data as of the current version. Throws {@link UnknownEventType}, or an Error on a version from the future. */
  upcast(type: string, version: number, data: Json): Json {
    const e = this.entries.get(type);
    if (!e) throw new UnknownEventType(type);
    if (version > e.version) throw new Error(`event type ${type} has version ${version}; this build knows up to ${e.version}: use a newer build`);
    let out: unknown = data;
    for (let v = version; v < e.version; v++) out = (e.upcasters[v - 1] as (d: unknown) => unknown)(out);
    return out as Json;
  }
}

export class UnknownEventType extends Error {
  constructor(readonly type: string) {
    super(`unknown event type ${type}: use a build that knows it`);
  }
}
