import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jstToday, parsePlainDate, type PlainDate } from '@app/calendar';
import { writeDurably } from '@app/event-store';
import type { BusinessClock } from '../ports.js';

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
