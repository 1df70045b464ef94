/** Who could call the ledger during some days, and who did: for the quarterly review of access. */
import { addDays, jstToday, type PlainDate } from '@app/calendar';
import type { Db } from './reads.js';
import { tokenViewOf, type TokenView } from './tokens.js';

/** A token that was in force on one of the days. */
export interface Grant extends TokenView {
  /** First and last of the days on which it was in force. */
  readonly inForceFrom: PlainDate;
  readonly inForceTo: PlainDate;
  /** How it stands at the end of the last day; `expiring` within {@link EXPIRING_DAYS} after it. */
  readonly state: 'in-force' | 'expiring' | 'expired' | 'revoked';
  /** The last of the days on which the log shows its subject in its role; null: none. */
  readonly lastActedOn: PlainDate | null;
}

/** Somebody whom the log shows acting on one of the days, whatever let them in. */
export interface Actor {
  readonly subject: string;
  readonly role: string;
  /** Who vouched: one of the ledger's tokens, the OpenID Connect issuer, or nobody but the service itself. */
  readonly by: 'token' | 'issuer' | 'service';
  readonly firstOn: PlainDate;
  readonly lastOn: PlainDate;
  readonly days: number;
}

export interface AccessReview {
  readonly from: PlainDate;
  readonly to: PlainDate;
  readonly grants: readonly Grant[];
  readonly actors: readonly Actor[];
}

export const EXPIRING_DAYS = 90;

/** Days are Japan's, both included. Grants in order of issue, actors by subject. Use one unmoving picture. */
export async function accessReview(db: Db, { from, to }: { readonly from: PlainDate; readonly to: PlainDate }): Promise<AccessReview> {
  const acts = await db
    .selectFrom('acts')
    .select((eb) => ['subject', 'role', eb.fn.min('day').as('first'), eb.fn.max('day').as('last'), eb.fn.countAll<number>().as('days')])
    .where('day', '>=', from)
    .where('day', '<=', to)
    .groupBy(['subject', 'role'])
    .orderBy('subject')
    .orderBy('role')
    .execute();
  const last = new Map(acts.map((a) => [`${a.subject} ${a.role}`, a.last]));
  const tokens = await db.selectFrom('tokens').selectAll().orderBy('no').execute();
  const grants = tokens.flatMap((row): Grant[] => {
    const t = tokenViewOf(row);
    const issuedOn = jstToday(Date.parse(t.issuedAt));
    const revokedOn = t.revokedAt === null ? null : jstToday(Date.parse(t.revokedAt));
    const lastOn = [revokedOn, t.expiresOn].reduce<PlainDate>((least, d) => (d !== null && d < least ? d : least), to);
    if (issuedOn > to || lastOn < from || lastOn < issuedOn) return [];
    const state =
      revokedOn !== null && revokedOn <= to ? 'revoked'
      : t.expiresOn !== null && t.expiresOn <= to ? 'expired'
      : t.expiresOn !== null && t.expiresOn <= addDays(to, EXPIRING_DAYS) ? 'expiring'
      : 'in-force';
    return [{ ...t, inForceFrom: issuedOn > from ? issuedOn : from, inForceTo: lastOn, state, lastActedOn: last.get(`${t.subject} ${t.role}`) ?? null }];
  });
  const actors = acts.map((a): Actor => ({
    subject: a.subject,
    role: a.role,
    by: a.subject === 'ledger' ? 'service' : a.subject.startsWith('oidc:') ? 'issuer' : 'token',
    firstOn: a.first,
    lastOn: a.last,
    days: Number(a.days),
  }));
  return { from, to, grants, actors };
}
