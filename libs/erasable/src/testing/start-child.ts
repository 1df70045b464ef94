import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

export type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Starts a process that locks a folder, or that writes to a register until it is killed. */
export function startChild(role: 'lock' | 'register', path: string): Child {
  const flags = ['--experimental-transform-types', '--disable-warning=ExperimentalWarning'];
  return spawn(process.execPath, [...flags, join(import.meta.dirname, 'child.mjs'), role, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}
