import type { TokenEvent } from '@app/access';
import type { Holidays, PlainDate } from '@app/calendar';
import { compareDue, contractEvents, fold, NONE, upcoming, subjectOf, type ContractState } from '@app/contract';
import type { Register } from '@app/erasable';
import type { EventStore } from '@app/event-store';
import { contractView } from '@app/read-models';
import type { Logger } from 'pino';
import type { LedgerQueries } from '../ports.js';
import type { Application, CommandReads } from './application.js';
import type { DueRow } from './scheduler.js';
import { toRecorded } from './streams.js';

export interface ReadsOptions {
  readonly file: string;
  readonly store: EventStore;
  readonly ledgerId: string;
  readonly register: Register;
  readonly today: () => PlainDate;
  readonly holidays: Holidays | null;
  readonly log: Logger;
}

export async function openReads(o: ReadsOptions) {
  let app: Application;
  const contracts = new Map<string, ContractState>();
  let position: string | null = null;
  const tokens: TokenEvent[] = [];
  const abort = new AbortController();
  const waiters = new Set<() => void>();
  const loop = (async () => {
    for await (const m of o.store.subscribe({ after: null, signal: abort.signal })) {
      if (m.kind === 'events') for (const e of m.events) {
        position = e.position;
        if (e.stream.startsWith('contract-')) contracts.set(e.stream.slice(9), fold(contracts.get(e.stream.slice(9)) ?? NONE, [toRecorded(contractEvents, e)]));
        if (e.stream.startsWith('token-')) tokens.push({ type: e.type, data: e.data } as unknown as TokenEvent);
      }
      for (const w of waiters) w();
    }
  })();
  const waitFor = async (p: string) => {
    while (position === null || o.store.compare(position, p) < 0) await new Promise<void>((r) => { const w = () => { waiters.delete(w); r(); }; waiters.add(w); });
  };
  const forCommands: CommandReads = {
    streamOf: () => null,
    contractsOfItems: (items) => [...contracts].filter(([, s]) => s.status === 'recorded' && s.entries.some((e) => e.type === 'Contracted' && items.includes(e.data.item))).map(([id]) => id),
    waitFor,
    outcomes: async () => ({ outcomes: [], nextCursor: null }),
  };
  return {
    connect(a: Application) { app = a; },
    async caughtUp() { const h = await o.store.head(); if (h) await waitFor(h); },
    tokenEntries: () => tokens,
    unfinishedUnits: (): string[] => [],
    lastSeen: () => position,
    forCommands,
    dueBy(day: PlainDate, limit: number): DueRow[] {
      return [...contracts].flatMap(([contractId, s]) => (s.status === 'recorded' ? upcoming(s, { holidays: o.holidays }).filter((d) => d.on !== null && d.on <= day).map((d) => ({ d, contractId, revision: s.revision })) : []))
        .sort((a, b) => compareDue(a.d, b.d) || (a.contractId < b.contractId ? -1 : 1)).slice(0, limit)
        .map(({ d, contractId, revision }) => ({ contractId, on: d.on!, kind: d.event.type, subject: subjectOf(d.event), revision }));
    },
    queries: {
      async contract(id: string, at: { asOf?: PlainDate; atLeast?: string }) {
        if (at.atLeast) await waitFor(at.atLeast);
        const state = await app.readContract(id);
        return state && contractView(state, { asOf: at.asOf ?? o.today(), position: position ?? '', holidays: o.holidays, discontinuations: [] } as never);
      },
    } as unknown as LedgerQueries,
    readiness: () => ({ stopped: false, checks: {} }),
    rebuild: async (_name: string) => null,
    stop: () => abort.abort(),
    close: async () => { abort.abort(); await loop; },
  };
}
