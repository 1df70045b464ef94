import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EventStore, Position } from '../port.js';

/** An append that was acknowledged. */
export interface Acknowledged {
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  readonly ids: readonly string[];
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Lets 32 writers work in a process of their own until about `appends` are acknowledged, then kills it. */
export function writeUntilKilled(kind: 'embedded' | 'eventstoredb', where: string, appends: number): Promise<Acknowledged[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', here('./typescript.mjs'), here('./writers.ts'), kind, where], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.split('\n').length > appends) child.kill('SIGKILL');
    });
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', (_, signal) => {
      if (signal !== 'SIGKILL') return reject(new Error(`the writers ended by themselves: ${errors}`));
      const lines = out.split('\n').slice(0, -1); // the last may be cut off
      resolve(
        lines.map((line) => {
          const [stream, revision, position, ids] = line.split(' ') as [string, string, string, string];
          return { stream, revision: Number(revision), position, ids: ids.split(',') };
        }),
      );
    });
  });
}

/** Fails unless the store holds every acknowledged append exactly once, as acknowledged, in streams without gaps. */
export async function expectAllThere(store: EventStore, acknowledged: readonly Acknowledged[]): Promise<void> {
  for (const [stream, own] of Map.groupBy(acknowledged, (a) => a.stream)) {
    const events = await store.readStream(stream);
    const ids = events.map((e) => e.id);
    expect(events.map((e) => e.revision)).toEqual(events.map((_, i) => i));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.slice(0, own.at(-1)!.revision + 1)).toEqual(own.flatMap((a) => a.ids));
    expect(own.map((a) => events[a.revision]!.position)).toEqual(own.map((a) => a.position));
  }
}
