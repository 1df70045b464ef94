/** When what failed is tried again. */
export interface Schedule {
  /** Milliseconds before each further try of one event; once they are used up, its lane is parked. */
  readonly retryMs: readonly number[];
  /** At most this long between two probes of an endpoint that is away. */
  readonly probeCapMs: number;
}

/** Ten tries within three and a half days, as Standard Webhooks recommends; a probe at least every five minutes. */
export const DEFAULT_SCHEDULE: Schedule = {
  retryMs: [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].map((s) => s * 1_000),
  probeCapMs: 300_000,
};

/** At most this much of a Retry-After is waited for. */
export const MAX_RETRY_AFTER_MS = 86_400_000;

/** A delay between three and five quarters of what is planned, so that what failed together does not come back together. `chance` is from 0 to below 1. */
export const jittered = (ms: number, chance: number): number => Math.round(ms * (0.75 + chance / 2));

/** The pause before the next try after `tries` of them; null: they are used up. A receiver that asks for more gets more. */
export function pauseAfter(schedule: Schedule, tries: number, retryAfterMs: number | null, chance: number): number | null {
  const planned = schedule.retryMs[tries - 1];
  return planned === undefined ? null : Math.max(jittered(planned, chance), retryAfterMs ?? 0);
}

/** The pause before the next probe after `probes` of them. */
export function pauseOfProbe(schedule: Schedule, probes: number, retryAfterMs: number | null, chance: number): number {
  const planned = schedule.retryMs[Math.min(probes, schedule.retryMs.length - 1)] ?? 0;
  return Math.max(jittered(Math.min(planned, schedule.probeCapMs), chance), retryAfterMs ?? 0);
}

/** What a Retry-After header (seconds or an HTTP date) asks for, in milliseconds from `now`, bounded; null where it says nothing. */
export function retryAfterOf(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  const ms = /^\d{1,10}$/.test(text) ? Number(text) * 1_000 : /^[A-Za-z]{3}, /.test(text) ? Date.parse(text) - now : Number.NaN;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS) : null;
}
