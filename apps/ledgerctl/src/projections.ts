import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parsePlainDate, type Holidays } from '@app/calendar';
import type { StoredEvent } from '@app/event-store';
import { readModels } from '@app/read-models';
import type { Projection } from '@app/read-store';
import { misuse } from './trouble.js';

/** Every read model, as the service builds it under the same settings. */
export const projections = (env: NodeJS.ProcessEnv = process.env): readonly Projection<StoredEvent>[] =>
  readModels({ holidays: holidaysOf(env['LEDGER_HOLIDAYS']?.trim()) });

/** The service's table of holidays; it judges the file, here it is only read. */
export function holidaysOf(file: string | undefined): Holidays | null {
  if (!file) return null;
  try {
    const { name, from, to, dates } = JSON.parse(readFileSync(resolve(file), 'utf8')) as {
      name: string;
      from: string;
      to: string;
      dates: string[];
    };
    const [first, last] = [parsePlainDate(from), parsePlainDate(to)];
    if (first === null || last === null) throw new Error('from and to must be dates');
    return { name, from: first, to: last, days: new Set(dates) };
  } catch (error) {
    throw misuse(`LEDGER_HOLIDAYS: ${file} cannot be read (${(error as Error).message})`);
  }
}
