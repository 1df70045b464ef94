import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal, type LaneState, type Place } from './journal.js';
import type { Clock } from './ports.js';

const folder = mkdtempSync(join(tmpdir(), 'journal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whatever waits for a while waits for ever: what is in the file then is what a crash would leave. */
const stopped: Clock = { now: () => 0, after: () => () => undefined };
const open = (name: string): Journal => new Journal({ file: join(folder, name), clock: stopped, onError: (error) => { throw error; } });
const place: Place = { applied: 0, sequence: 7, eventId: 'e7', awaySince: null, probes: 0, probeAt: 0 };
const lane: LaneState = { contractId: 'c', head: 5, again: [], tries: 1, nextAt: 10, parkedAt: null, eventId: 'e5', sequence: 5, failure: '500' };

describe('the journal of deliveries', () => {
  it('keeps a lane that is parked before anything else happens, with the place as it stood', () => {
    const journal = open('parked.sqlite');
    journal.place('w', place);
    journal.lane('w', 'c', lane);
    expect(open('parked.sqlite').load('w')).toBeNull();
    const parked = { ...lane, tries: 4, parkedAt: '2026-01-10T00:00:00.000Z' };
    journal.lane('w', 'c', parked);
    expect(open('parked.sqlite').load('w')).toEqual({ place, lanes: [parked] });
  });

  it('writes the rest in one piece, or nothing of it', () => {
    const journal = open('rest.sqlite');
    journal.place('w', place);
    journal.lane('w', 'c', lane);
    expect(open('rest.sqlite').load('w')).toBeNull();
    journal.flush();
    expect(open('rest.sqlite').load('w')).toEqual({ place, lanes: [lane] });
    journal.lane('w', 'c', null);
    journal.flush();
    expect(open('rest.sqlite').load('w')).toEqual({ place, lanes: [] });
  });
});
