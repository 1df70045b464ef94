import { randomUUID } from 'node:crypto';
import { ROLES } from '@app/access';
import { bodyOf, listed } from '../client.js';
import { remark, say, sayJson, table } from '../output.js';
import { withService } from '../service.js';
import { misuse } from '../trouble.js';
import type { Settings } from '../settings.js';

export interface IssueOptions {
  readonly subject: string;
  readonly role: string;
  readonly label?: string;
  readonly expiresOn?: string;
}

/** Prints the token: the only time it is shown. */
export async function issueToken(settings: Settings, { subject, role, label, expiresOn }: IssueOptions): Promise<void> {
  if (!(ROLES as readonly string[]).includes(role)) throw misuse(`--role must be one of ${ROLES.join(', ')}, not ${role}`);
  await withService(settings, async (client) => {
    const body = { subject, role, ...(label !== undefined && { label }), ...(expiresOn !== undefined && { expiresOn }) };
    const issued = bodyOf(
      await client.post('/v1/tokens', body, { key: `ledgerctl.${randomUUID()}` }),
      'the token was not issued',
    );
    if (settings.json) return sayJson({ tokenId: issued['tokenId'], subject, role, token: issued['token'] });
    if (typeof issued['token'] !== 'string')
      return remark(`the token ${String(issued['tokenId'])} was issued, but its answer was lost: revoke it and issue another`);
    remark(`token ${String(issued['tokenId'])} for ${subject} (${role}); it is shown only now:`);
    say(issued['token']);
  });
}

export async function listTokens(settings: Settings): Promise<void> {
  await withService(settings, async (client) => {
    const tokens = await Array.fromAsync(listed(client, '/v1/tokens', 'tokens'));
    if (settings.json) return sayJson(tokens);
    const cell = (v: unknown): string | null => (typeof v === 'string' ? v : typeof v === 'boolean' ? (v ? 'yes' : 'no') : null);
    say(
      table(
        ['id', 'subject', 'role', 'expires on', 'revoked', 'label'],
        tokens.map((t) => [t['tokenId'] ?? t['id'], t['subject'], t['role'], t['expiresOn'], t['revoked'], t['label']].map(cell)),
      ),
    );
  });
}

export async function revokeToken(settings: Settings, id: string, reason: string): Promise<void> {
  await withService(settings, async (client) => {
    bodyOf(
      await client.post(`/v1/tokens/${encodeURIComponent(id)}/revocations`, { reason }, { key: `ledgerctl.revoke.${id}` }),
      'the token was not revoked',
    );
    if (settings.json) sayJson({ tokenId: id, revoked: true });
    else say(`token ${id} is no longer accepted`);
  });
}
