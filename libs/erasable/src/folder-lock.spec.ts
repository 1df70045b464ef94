import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderInUse, lockFolder } from './index.js';
import { type Child, startChild } from './testing/start-child.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'lock-'))));
afterEach(() => rmSync(folder, { recursive: true }));

async function holder(): Promise<Child> {
  const child = startChild('lock', folder);
  await once(child.stdout, 'data');
  return child;
}

describe('the lock of a data folder', () => {
  it('keeps a second process out with a message that names the first, and goes with kill -9', async () => {
    const child = await holder();
    try {
      expect(() => lockFolder(folder)).toThrow(FolderInUse);
      expect(() => lockFolder(folder)).toThrow(`the data folder ${folder} is in use by another process (pid ${child.pid})`);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const lock = lockFolder(folder);
    lock.release();
  });

  it('is exclusive within a process too, and free after its release', () => {
    const first = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(FolderInUse);
    first.release();
    first.release();
    lockFolder(folder).release();
  });

  it('makes the folder', () => {
    lockFolder(join(folder, 'a', 'b')).release();
  });
});
