import { readFileSync } from 'node:fs';
import { CannotGrant, grantStream } from '@app/event-store';
import { PUBLISHED_STREAM } from '@app/published';
import { say, sayJson, table } from '../output.js';
import type { Settings } from '../settings.js';
import { EXIT, misuse, Trouble, type ExitCode } from '../trouble.js';

export interface GrantOptions {
  readonly passwordFile?: string;
}

const USER = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Makes a user of EventStoreDB who may read the published stream and nothing else, narrows the default by which every
 * user may read every stream, and tries what that user can do now.
 */
export async function grantFeed(settings: Settings, user: string, { passwordFile }: GrantOptions): Promise<ExitCode> {
  const { eventStoreUrl: url } = settings;
  if (url === null) throw misuse('set EVENTSTORE_URL to the connection string of an administrator of the EventStoreDB that holds the log');
  if (!USER.test(user)) throw misuse('a user is 1 to 64 letters, digits, dots, dashes or underscores');
  const password = passwordFile === undefined ? (process.env['LEDGER_FEED_PASSWORD'] ?? '') : readFileSync(passwordFile, 'utf8').replace(/\r?\n$/, '');
  if (password.length < 12) throw misuse('give a password of at least 12 characters, in LEDGER_FEED_PASSWORD or with --password-file');
  try {
    const checks = await grantStream({ url, stream: PUBLISHED_STREAM, user, password });
    const ok = checks.every((c) => c.seen === c.wanted);
    if (settings.json) sayJson({ user, stream: PUBLISHED_STREAM, ok, checks });
    else {
      say(table([`as ${user}`, 'wanted', 'seen'], checks.map((c) => [c.what, c.wanted, c.seen])));
      say(ok ? `${user} may read ${PUBLISHED_STREAM}, and nothing else` : `${user} is NOT held to ${PUBLISHED_STREAM}`);
    }
    return ok ? EXIT.ok : EXIT.no;
  } catch (error) {
    if (error instanceof CannotGrant) throw new Trouble(error.message);
    throw error;
  }
}
