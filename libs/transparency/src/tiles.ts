/**
 * A tree kept in tiles: 256 hashes of one level side by side, every eighth level (as C2SP tlog-tiles cuts it). What lies
 * between is hashed again when it is asked for. 32 bytes a leaf, written once and in order, and any root or proof of any
 * size from a few of them.
 */
import { HASH_BYTES, nodeHash, type Hash } from './hash.js';
import { consistencyProof, inclusionProof, rootAt, type NodeReader } from './tree.js';

const HEIGHT = 8;
export const TILE = 2 ** HEIGHT;

/** Where tiles lie. A tile is one run of up to 256 hashes. */
export interface TileStore {
  read(level: number, index: number): Uint8Array | null;
  write(level: number, index: number, hashes: Uint8Array): void;
}

/** The tile that is being filled at a level. */
interface Open {
  index: number;
  readonly hashes: Uint8Array;
  count: number;
  dirty: boolean;
}

const KEPT = 64;

/** Root over hashes side by side, a power of two of them. */
function rootOf(hashes: Uint8Array, from: number, count: number): Hash {
  if (count === 1) return hashes.subarray(from * HASH_BYTES, (from + 1) * HASH_BYTES);
  const half = count / 2;
  return nodeHash(rootOf(hashes, from, half), rootOf(hashes, from + half, half));
}

/** Thrown where tiles do not hold what they must. */
export class MissingTile extends Error {
  override readonly name = 'MissingTile';
}

/** A tree of a size, read from tiles. */
export class TileReader {
  /** Full tiles never change. */
  private readonly full = new Map<string, Uint8Array>();

  constructor(
    protected readonly store: Pick<TileStore, 'read'>,
    protected leaves: number,
  ) {}

  get size(): number {
    return this.leaves;
  }

  root(size: number = this.leaves): Hash {
    return rootAt(this.within(size), this.node);
  }

  inclusion(index: number, size: number = this.leaves): Hash[] {
    return inclusionProof(index, this.within(size), this.node);
  }

  consistency(old: number, size: number = this.leaves): Hash[] {
    return consistencyProof(old, this.within(size), this.node);
  }

  readonly node: NodeReader = (level, index) => {
    const height = level % HEIGHT;
    const first = index * 2 ** height;
    const tile = this.tile((level - height) / HEIGHT, Math.floor(first / TILE));
    const from = first % TILE;
    if ((from + 2 ** height) * HASH_BYTES > tile.length) throw new MissingTile(`node ${level}/${index} is not there`);
    return rootOf(tile, from, 2 ** height);
  };

  /** Hashes of leaves side by side, from `from` up to `to`. */
  leavesBetween(from: number, to: number): Uint8Array {
    const out = new Uint8Array((this.within(to) - from) * HASH_BYTES);
    for (let at = from; at < to; ) {
      const tile = this.tile(0, Math.floor(at / TILE));
      const end = Math.min(to, at - (at % TILE) + TILE);
      const part = tile.subarray((at % TILE) * HASH_BYTES, ((end - 1) % TILE + 1) * HASH_BYTES);
      if (part.length !== (end - at) * HASH_BYTES) throw new MissingTile(`leaf ${at} is not there`);
      out.set(part, (at - from) * HASH_BYTES);
      at = end;
    }
    return out;
  }

  protected tile(level: number, index: number): Uint8Array {
    const key = `${level}/${index}`;
    const kept = this.full.get(key);
    if (kept) return kept;
    const tile = this.store.read(level, index);
    if (tile === null) throw new MissingTile(`tile ${key} is not there`);
    if (tile.length === TILE * HASH_BYTES) {
      if (this.full.size >= KEPT) this.full.delete(this.full.keys().next().value!);
      this.full.set(key, tile);
    }
    return tile;
  }

  private within(size: number): number {
    if (!(size <= this.leaves)) throw new RangeError(`the tree has ${this.leaves} leaves, not ${size}`);
    return size;
  }
}

/**
 * The first tile that is not what the tree makes it, as `level/index`; null: all are. The tree may have grown beyond the
 * tiles. `nodes`: those of a level, complete ones side by side.
 */
export function firstUnlike(store: Pick<TileStore, 'read'>, size: number, nodes: (level: number) => Uint8Array): string | null {
  for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / TILE)) {
    const right = nodes(level * HEIGHT);
    for (let index = 0; index * TILE < count; index++) {
      const [from, to] = [index * TILE, Math.min(count, (index + 1) * TILE)];
      const tile = store.read(level, index)?.subarray(0, (to - from) * HASH_BYTES);
      if (tile === undefined || Buffer.compare(tile, right.subarray(from * HASH_BYTES, to * HASH_BYTES)) !== 0) return `${level}/${index}`;
    }
  }
  return null;
}

/** A tree that grows; what was appended is in the store after {@link flush}. */
export class TileTree extends TileReader {
  private readonly open: Open[] = [];

  /** Goes on with the tree of `size` leaves that the store holds. */
  constructor(
    private readonly tiles: TileStore,
    size: number,
  ) {
    super(tiles, size);
    for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / TILE)) {
      const open = this.begin(level, Math.floor(count / TILE));
      open.count = count % TILE;
      if (open.count === 0) continue;
      const stored = tiles.read(level, open.index);
      if (stored === null || stored.length < open.count * HASH_BYTES) throw new MissingTile(`tile ${level}/${open.index} is not there`);
      open.hashes.set(stored.subarray(0, open.count * HASH_BYTES));
    }
  }

  append(leaf: Hash): void {
    this.put(0, leaf);
    this.leaves++;
  }

  flush(): void {
    for (const [level, open] of this.open.entries()) if (open.dirty) this.save(level, open);
  }

  private put(level: number, hash: Hash): void {
    const open = this.open[level] ?? this.begin(level, 0);
    open.hashes.set(hash, open.count++ * HASH_BYTES);
    open.dirty = true;
    if (open.count < TILE) return;
    this.save(level, open);
    this.begin(level, open.index + 1);
    this.put(level + 1, rootOf(open.hashes, 0, TILE));
  }

  private begin(level: number, index: number): Open {
    return (this.open[level] = { index, hashes: new Uint8Array(TILE * HASH_BYTES), count: 0, dirty: false });
  }

  private save(level: number, open: Open): void {
    this.tiles.write(level, open.index, open.hashes.subarray(0, open.count * HASH_BYTES));
    open.dirty = false;
  }

  protected override tile(level: number, index: number): Uint8Array {
    const open = this.open[level];
    return open?.index === index ? open.hashes.subarray(0, open.count * HASH_BYTES) : super.tile(level, index);
  }
}
