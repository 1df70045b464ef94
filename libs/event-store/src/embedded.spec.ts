import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStore } from './embedded.js';
import { eventStoreSuite } from './testing/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'log-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

eventStoreSuite('embedded', { open: () => openEmbeddedStore({ file: join(folder, 'log.sqlite') }) });
