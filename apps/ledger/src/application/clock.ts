import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { jstToday, parsePlainDate, type PlainDate } from '@app/calendar';
import type { BusinessClock } from '../ports.js';

/** Replaces a small file so that a crash leaves the old or the new one, never half of one. */
export function writeDurably(file: string, text: string, mode = 0o600): void {
  const next = `${file}.next`;
  const fd = openSync(next, 'w', mode);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(next, file);
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Today in Japan. */
export class RealClock implements BusinessClock {
  today(): PlainDate {
    return jstToday(new Date());
  }
}

/** Where a sandbox keeps its day; a folder that has it is a sandbox's. */
export const SANDBOX_CLOCK_FILE = 'sandbox-clock.json';

/** A day of the service's own, kept in the data folder; moves forward only. */
export class StoredClock implements BusinessClock {
  private readonly file: string;
  private day: PlainDate;

  /** The later of the stored and the configured day stands. */
  constructor(folder: string, configured: PlainDate | null) {
    this.file = join(folder, SANDBOX_CLOCK_FILE);
    const stored = existsSync(this.file) ? parsePlainDate((JSON.parse(readFileSync(this.file, 'utf8')) as { today: string }).today) : null;
    this.day = stored !== null && (configured === null || stored > configured) ? stored : (configured ?? jstToday(new Date()));
    if (this.day !== stored) this.store();
  }

  today(): PlainDate {
    return this.day;
  }

  /** Durable before anything is decided on the new day. */
  set(day: PlainDate): void {
    this.day = day;
    this.store();
  }

  private store(): void {
    writeDurably(this.file, JSON.stringify({ today: this.day }));
  }
}
