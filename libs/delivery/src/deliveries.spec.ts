import { Webhook as Scheme } from 'standardwebhooks';
import { isRegistered, newSigningSecret, purposeOf } from './index.js';
import { contract, eventId, KEY, OK, Room, said, settled, unmet, WEBHOOK, type Request } from './testing/room.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const schedule = { retryMs: [1_000, 10_000, 60_000], probeCapMs: 30_000 };

let room: Room;
afterEach(() => room.end());

const skip = (n: number, sequence: number) => room.record(WEBHOOK, { type: 'WebhookEventSkipped', data: { webhookId: WEBHOOK, contractId: contract(n), eventId: eventId(sequence), sequence } });
const redeliver = (n: number, sequence: number) => room.record(WEBHOOK, { type: 'WebhookRedeliveryAsked', data: { webhookId: WEBHOOK, contractId: contract(n), eventId: eventId(sequence), sequence } });
const rewind = (fromSequence: number) => room.record(WEBHOOK, { type: 'WebhookRewound', data: { webhookId: WEBHOOK, fromSequence } });
/** A receiver that answers so to some contracts, and takes the rest. */
const failing = (answer: ReturnType<typeof said>, ...contracts: readonly number[]) => (r: Request) => (contracts.some((n) => contract(n) === r.contractId) ? answer : OK);
const lane = (n: number) => room.view.lanes.find((l) => l.contractId === contract(n));

describe('what is sent', () => {
  it('is the stored event, byte for byte, signed by the scheme', async () => {
    room = new Room();
    room.feed.publish(1);
    await room.register();
    const [request] = room.requests;
    expect(request!.body).toBe(room.feed.events[0]!.rawData);
    expect(request!.headers).toMatchObject({ 'content-type': 'application/cloudevents+json; charset=utf-8', 'webhook-id': eventId(0), 'webhook-timestamp': String(room.clock.now() / 1_000) });
    // The library's own clock is real: only the signature is its to judge here.
    const signature = new Scheme(room.secret).sign(eventId(0), new Date(room.clock.now()), request!.body);
    expect(request!.headers['webhook-signature']).toBe(signature);
  });

  it('has a constant id, a fresh time for each try, and a signature of that time', async () => {
    room = new Room({ schedule });
    room.answer = () => said(500);
    room.feed.publish(1);
    await room.register();
    await room.clock.move(20_000);
    expect(room.requests.map((r) => r.headers['webhook-id'])).toEqual([eventId(0), eventId(0), eventId(0)]);
    expect(new Set(room.requests.map((r) => r.headers['webhook-timestamp'])).size).toBe(3);
    expect(new Set(room.requests.map((r) => r.headers['webhook-signature'])).size).toBe(3);
  });

  it('is signed by both secrets while one replaces the other, and then by the new one alone', async () => {
    room = new Room();
    await room.register();
    const fresh = newSigningSecret();
    const secretId = '0f9a1d6e-30a4-4a8e-9d59-3f1f3b6a7c11';
    const previousUntil = new Date(room.clock.now() + HOUR).toISOString();
    await room.record(WEBHOOK, { type: 'WebhookSecretRotated', data: { webhookId: WEBHOOK, secret: { secretId, sealed: room.box.seal(fresh, purposeOf(WEBHOOK, secretId)) }, previousUntil } });
    const by = (secret: string, r: Request): string => new Scheme(secret).sign(r.headers['webhook-id']!, new Date(Number(r.headers['webhook-timestamp']) * 1_000), r.body);
    room.feed.publish(1);
    await settled();
    expect(room.requests[0]!.headers['webhook-signature']!.split(' ')).toEqual([by(fresh, room.requests[0]!), by(room.secret, room.requests[0]!)]);
    await room.clock.move(HOUR);
    room.feed.publish(1);
    await settled();
    expect(room.requests[1]!.headers['webhook-signature']).toBe(by(fresh, room.requests[1]!));
  });

  it('begins where the registration says, and is of the types chosen', async () => {
    room = new Room({ fromSequence: 2, types: ['ledger.contract.ended.v1'] });
    room.feed.publish(1, 2, 1, 2, 3, 4);
    await room.register();
    expect(room.requests.map((r) => r.sequence)).toEqual([3, 5]);
    expect(room.view.place.sequence).toBe(5);
  });
});

describe('order', () => {
  it('is kept within a contract, one request at a time; contracts run beside each other', async () => {
    room = new Room();
    let open: (() => void)[] = [];
    room.answer = () => new Promise((resolve) => open.push(() => resolve(OK)));
    room.feed.publish(1, 1, 2, 2, 3, 3, 1);
    await room.register();
    expect(room.requests.map((r) => r.sequence)).toEqual([0, 2, 4]);
    while (room.requests.length < 7) {
      const ready = open;
      open = [];
      expect(ready.length).toBeGreaterThan(0);
      for (const answer of ready) answer();
      await settled();
    }
    for (const answer of open) answer();
    await settled();
    expect([room.of(1), room.of(2), room.of(3)]).toEqual([[0, 1, 6], [2, 3], [4, 5]]);
    expect(room.mostOfOne).toBe(1);
    expect(room.view).toMatchObject({ place: { sequence: 6 }, lanes: [] });
  });

  it('is bounded to eight requests at an endpoint, and to so many at all of them', async () => {
    room = new Room({ requests: 10 });
    room.answer = () => new Promise(() => undefined);
    room.feed.publish(...Array.from({ length: 30 }, (_, i) => i));
    await room.register();
    expect(room.flying.length).toBe(8);
    await room.register('0f9a1d6e-30a4-4a8e-9d59-3f1f3b6a7c12');
    expect(room.mostAtOnce).toBe(10);
  });

  it('holds through failures, retries and new events', async () => {
    room = new Room({ schedule });
    const taken: Request[] = [];
    const tries = new Map<number, number>();
    room.answer = (r) => {
      tries.set(r.sequence, (tries.get(r.sequence) ?? 0) + 1);
      if (tries.get(r.sequence)! <= (r.sequence * 5) % 3) return said(500);
      taken.push(r);
      return OK;
    };
    await room.register();
    for (let i = 0; i < 60; i++) {
      room.feed.publish(i % 4, (i * 7) % 5);
      await room.clock.move(700);
    }
    await room.clock.move(HOUR);
    for (let c = 0; c < 5; c++) {
      const got = taken.filter((r) => r.contractId === contract(c)).map((r) => r.sequence);
      expect(got).toEqual(room.feed.events.filter((e) => (e.data as { subject: string }).subject === contract(c)).map((e) => e.revision));
    }
    expect(room.view).toMatchObject({ place: { sequence: 119 }, lanes: [] });
    expect(room.mostOfOne).toBe(1);
  });
});

describe('an event that comes just when its lane has caught up', () => {
  it('is not lost between the lane and the queue', async () => {
    room = new Room({ schedule });
    room.answer = failing(said(500), 1);
    room.feed.publish(1, 2);
    await room.register();
    room.answer = () => OK;
    // The lane looks for more, and is answered only after another event was read.
    const look = room.feed.ofContract.bind(room.feed);
    let looks = 0;
    room.feed.ofContract = async (contractId, from, through) => {
      const found = await look(contractId, from, through);
      if (found === null && looks++ === 0) {
        room.feed.publish(1);
        await settled();
      }
      return found;
    };
    await room.clock.move(2_000);
    expect([looks > 0, room.of(1), room.view.lanes, room.view.place.sequence]).toEqual([true, [0, 0, 2], [], 2]);
  });
});

describe('an event that is not taken', () => {
  it('is tried again after the pauses of the schedule, then parks its own lane only', async () => {
    room = new Room({ schedule });
    room.answer = failing(said(500), 1);
    room.feed.publish(1, 2, 1);
    await room.register();
    const started = room.clock.now();
    await room.clock.move(HOUR);
    room.feed.publish(2, 1, 3);
    await settled();
    const tries = room.requests.filter((r) => r.contractId === contract(1));
    expect(tries.map((r) => [r.sequence, r.at - started])).toEqual([[0, 0], [0, 1_000], [0, 11_000], [0, 71_000]]);
    expect([room.of(2), room.of(3)]).toEqual([[1, 3], [5]]);
    expect(lane(1)).toMatchObject({ head: 0, tries: 4, eventId: eventId(0), sequence: 0, failure: '500', parkedAt: new Date(started + 71_000).toISOString() });
    expect(room.view.place.sequence).toBe(5);
    await room.clock.move(100 * HOUR);
    expect(room.requests.length).toBe(7);
  });

  it('has tries of its own: another event in its place begins anew', async () => {
    room = new Room({ schedule });
    room.answer = () => said(500);
    room.feed.publish(1, 1);
    (room.feed.events[0]!.data as { type: string }).type = 'ledger.contract.ended.v1';
    await room.register();
    await room.clock.move(2_000);
    expect(lane(1)).toMatchObject({ sequence: 0, tries: 2 });
    await room.record(WEBHOOK, { type: 'WebhookTypesChosen', data: { webhookId: WEBHOOK, types: ['ledger.contract.contracted.v1'] } });
    await room.clock.move(9_500);
    expect(lane(1)).toMatchObject({ sequence: 1, tries: 1, parkedAt: null });
  });

  it.each([301, 302, 307, 308, 400, 404, 500])('%i is such an answer: nothing is followed', async (status) => {
    room = new Room({ schedule });
    room.answer = failing(said(status), 1);
    room.feed.publish(1, 2);
    await room.register();
    expect(lane(1)).toMatchObject({ tries: 1, failure: String(status) });
    expect(new Set(room.requests.map((r) => r.url))).toEqual(new Set(['https://receiver.example/hook']));
  });

  it('comes back as late as Retry-After asks, within bounds', async () => {
    room = new Room({ schedule });
    room.answer = failing(said(500, '120'), 1);
    room.feed.publish(1);
    await room.register();
    const started = room.clock.now();
    await room.clock.move(119_000);
    expect(room.requests.length).toBe(1);
    room.answer = failing(said(500, '99999999'), 1);
    await room.clock.move(1_000);
    expect(room.requests.map((r) => r.at - started)).toEqual([0, 120_000]);
    await room.clock.move(24 * HOUR);
    expect(room.requests.length).toBe(3);
  });

  it('does not take every place from what flows', async () => {
    room = new Room({ schedule: { retryMs: [1_000, 1_000], probeCapMs: 1_000 } });
    room.answer = (r) => (Number(room.feed.events[r.sequence]!.revision) < 20 ? said(500) : OK);
    room.feed.publish(...Array.from({ length: 20 }, (_, i) => i));
    await room.register();
    // From now on the failing ones hang.
    room.answer = (r) => (r.sequence < 20 ? new Promise(() => undefined) : OK);
    await room.clock.move(1_000);
    expect(room.flying.length).toBe(4);
    room.feed.publish(50, 51, 52);
    await settled();
    expect([room.of(50), room.of(51), room.of(52)]).toEqual([[20], [21], [22]]);
  });
});

describe('a parked lane', () => {
  beforeEach(async () => {
    room = new Room({ schedule });
    room.answer = failing(said(500), 1);
    room.feed.publish(1, 2, 1, 2, 1);
    await room.register();
    await room.clock.move(HOUR);
    expect(lane(1)).toMatchObject({ parkedAt: expect.any(String), sequence: 0 });
    room.answer = () => OK;
    room.requests.length = 0;
  });

  it('stays parked when the receiver is well again, and after a restart', async () => {
    await room.clock.move(100 * HOUR);
    await room.crash();
    room.feed.publish(1, 2);
    await room.clock.move(100 * HOUR);
    expect([room.of(1), room.of(2)]).toEqual([[], [6]]);
    expect(lane(1)).toMatchObject({ parkedAt: expect.any(String), sequence: 0 });
  });

  it('is reopened by a redelivery, and everything that waited follows in order', async () => {
    await redeliver(1, 0);
    await settled();
    expect([room.of(1), room.view.lanes]).toEqual([[0, 2, 4], []]);
    room.feed.publish(1);
    await room.clock.move(1_000);
    await room.crash();
    expect([room.of(1), room.view.lanes]).toEqual([[0, 2, 4, 5], []]);
  });

  it('is reopened by a skip, past that event alone', async () => {
    await skip(1, 0);
    await settled();
    expect([room.of(1), room.view.lanes]).toEqual([[2, 4], []]);
  });

  it('a skipped event stays skipped when everything is sent again, until it is asked for by name', async () => {
    await skip(1, 0);
    await rewind(0);
    await settled();
    expect(room.of(1)).toEqual([2, 4, 2, 4]);
    await redeliver(1, 0);
    await settled();
    expect(room.of(1)).toEqual([2, 4, 2, 4, 0]);
  });

  it('with another event in its place that fails, parks again at that one', async () => {
    room.answer = (r) => (r.sequence === 2 ? said(422) : OK);
    await skip(1, 0);
    await room.clock.move(HOUR);
    expect(lane(1)).toMatchObject({ parkedAt: expect.any(String), sequence: 2, failure: '422' });
  });
});

describe('redelivery', () => {
  it('of one event sends it once more, and nothing else', async () => {
    room = new Room({ schedule });
    room.feed.publish(1, 2, 1, 1);
    await room.register();
    await redeliver(1, 2);
    await settled();
    expect([room.of(1), room.of(2), room.view.lanes]).toEqual([[0, 2, 3, 2], [1], []]);
  });

  it('goes before what waits on the lane, and what waits goes on behind it', async () => {
    room = new Room({ schedule });
    room.feed.publish(1, 1);
    await room.register();
    room.answer = () => said(500);
    room.feed.publish(1, 1);
    await settled();
    room.answer = () => OK;
    await redeliver(1, 0);
    await settled();
    expect(room.of(1)).toEqual([0, 1, 2, 0, 2, 3]);
    expect(room.view.lanes).toEqual([]);
  });

  it('waits for what is in flight: never two requests of one contract', async () => {
    room = new Room({ schedule });
    let answer: () => void = () => undefined;
    room.answer = () => new Promise((resolve) => (answer = () => resolve(OK)));
    room.feed.publish(1, 1);
    await room.register();
    await rewind(0);
    await room.clock.move(MINUTE);
    expect(room.requests.length).toBe(1);
    for (let i = 0; i < 5; i++) {
      answer();
      await settled();
    }
    expect([room.of(1), room.mostOfOne, room.view.place.sequence]).toEqual([[0, 0, 1], 1, 1]);
  });

  it('of what was not reached is left to its turn', async () => {
    room = new Room({ schedule });
    room.answer = failing(said(500), 1);
    room.feed.publish(1, 1);
    await room.register();
    expect([room.deliveries.courier(WEBHOOK)!.reached(contract(1), 0), room.deliveries.courier(WEBHOOK)!.reached(contract(1), 1)]).toEqual([true, false]);
    await redeliver(1, 1);
    expect(room.of(1)).toEqual([0]);
    room.answer = () => OK;
    await room.clock.move(MINUTE);
    expect(room.of(1)).toEqual([0, 0, 1]);
  });

  it('from a sequence sends everything again, in order, parked lanes from there on too', async () => {
    room = new Room({ schedule });
    room.answer = failing(said(500), 2);
    room.feed.publish(1, 2, 1, 2);
    await room.register();
    await room.clock.move(HOUR);
    room.answer = () => OK;
    room.requests.length = 0;
    await rewind(1);
    await settled();
    expect([room.of(1), room.of(2), room.view.lanes]).toEqual([[2], [1, 3], []]);
  });

  it('never passes over what was not delivered yet', async () => {
    room = new Room({ schedule });
    room.feed.publish(1);
    await room.register();
    await room.record(WEBHOOK, { type: 'WebhookDisabled', data: { webhookId: WEBHOOK, cause: 'command' } });
    room.feed.publish(1, 1, 1);
    await rewind(3);
    await room.record(WEBHOOK, { type: 'WebhookEnabled', data: { webhookId: WEBHOOK } });
    await settled();
    expect(room.of(1)).toEqual([0, 1, 2, 3]);
  });
});

describe('an endpoint that is away', () => {
  const five = [1, 2, 3, 4, 5];

  it('gets one probe at a time, not a retry per event, and the cursor waits', async () => {
    room = new Room({ schedule });
    room.answer = () => unmet('ECONNREFUSED');
    await room.register();
    const started = room.clock.now();
    for (let i = 0; i < 100; i++) {
      room.feed.publish(...five);
      await settled();
    }
    const first = room.requests.length;
    expect(first).toBeLessThanOrEqual(five.length);
    await room.clock.move(10 * MINUTE);
    // 1 s, 10 s, then every 30 s: 21 probes.
    expect(room.requests.length - first).toBe(21);
    expect(room.view.place).toMatchObject({ awaySince: new Date(started).toISOString(), probes: 21 });
    expect(room.view.place.sequence).toBeLessThan(five.length);
    expect(room.view.lanes.every((l) => l.parkedAt === null && l.tries <= 1)).toBe(true);
  });

  it('is back with the first answer, and gets everything in order', async () => {
    room = new Room({ schedule });
    room.answer = () => unmet('timeout');
    room.feed.publish(...five, ...five);
    await room.register();
    await room.clock.move(30 * MINUTE);
    const before = room.requests.length;
    room.answer = () => OK;
    await room.clock.move(2 * MINUTE);
    for (const n of five) expect([...new Set(room.of(n))]).toEqual([n - 1, n + 4]);
    expect(room.requests.length - before).toBe(10);
    expect(room.view).toMatchObject({ place: { sequence: 9, awaySince: null }, lanes: [] });
  });

  it.each([429, 502, 503, 504])('is away when it answers %i to several contracts', async (status) => {
    room = new Room({ schedule });
    room.answer = () => said(status, '45');
    room.feed.publish(1, 2);
    await room.register();
    const started = room.clock.now();
    expect(room.view.place.probeAt - started).toBe(45_000);
    await room.clock.move(44_000);
    expect(room.requests.length).toBe(2);
  });

  it('is not away when one contract alone meets nobody: that lane is parked in the end', async () => {
    room = new Room({ schedule });
    room.answer = failing(unmet('timeout'), 1);
    room.feed.publish(1, 2, 2);
    await room.register();
    await room.clock.move(HOUR);
    expect(lane(1)).toMatchObject({ parkedAt: expect.any(String), failure: 'timeout' });
    expect(room.view.place.awaySince).toBeNull();
  });

  it('is probed with one contract after the other, so that no poisoned event keeps it away', async () => {
    room = new Room({ schedule });
    room.answer = () => unmet('ECONNREFUSED');
    room.feed.publish(1, 2, 3);
    await room.register();
    // Back, but one contract still makes it hang.
    room.answer = failing(unmet('timeout'), 1);
    await room.clock.move(5 * MINUTE);
    expect(room.view.place.awaySince).toBeNull();
    expect([room.of(2).at(-1), room.of(3).at(-1)]).toEqual([1, 2]);
    await room.clock.move(HOUR);
    expect(lane(1)).toMatchObject({ parkedAt: expect.any(String) });
  });

  it('stays known as away over a restart: no burst', async () => {
    room = new Room({ schedule });
    room.answer = () => unmet('ECONNREFUSED');
    room.feed.publish(...five);
    await room.register();
    await room.clock.move(5 * MINUTE);
    const before = room.requests.length;
    await room.crash();
    expect(room.requests.length).toBe(before);
    await room.clock.move(30_000);
    expect(room.requests.length).toBe(before + 1);
  });
});

describe('410', () => {
  it('disables: nothing is sent until somebody enables it, and then nothing is missing', async () => {
    room = new Room({ schedule });
    room.answer = () => said(410);
    room.feed.publish(1, 2);
    await room.register();
    const state = room.state();
    expect(isRegistered(state) && [state.status, state.disabledBy]).toEqual(['disabled', 'gone']);
    const before = room.requests.length;
    room.answer = () => OK;
    room.feed.publish(1, 2);
    await room.clock.move(100 * HOUR);
    expect(room.requests.length).toBe(before);
    await room.record(WEBHOOK, { type: 'WebhookEnabled', data: { webhookId: WEBHOOK } });
    await settled();
    expect([[...new Set(room.of(1))], [...new Set(room.of(2))]]).toEqual([[0, 2], [1, 3]]);
  });

  it('sends nothing meanwhile when it cannot be recorded, and records it later', async () => {
    let away = 3;
    room = new Room({ schedule, recordGone: async () => void (away-- > 0 && (await Promise.reject(new Error('the log is away')))) });
    room.answer = () => said(410);
    room.feed.publish(1, 1, 1);
    await room.register();
    await room.clock.move(10_000);
    expect(room.requests.length).toBe(1);
    expect(room.gone).toEqual([eventId(0)]);
  });
});

describe('what survives', () => {
  it('a crash at any moment: nothing is missed, and nothing overtakes within its contract', async () => {
    room = new Room({ schedule });
    let n = 0;
    const taken: Request[] = [];
    room.answer = async (r) => {
      if (n++ % 5 === 0) return said(500);
      if (n % 7 === 0) return new Promise(() => undefined);
      taken.push(r);
      return OK;
    };
    await room.register();
    for (let i = 0; i < 80; i++) {
      room.feed.publish(i % 3, (i * 5) % 4);
      await room.clock.move((i * 37) % 260);
      if (i % 4 === 3) await room.crash();
    }
    room.answer = (r) => {
      taken.push(r);
      return OK;
    };
    await room.crash();
    await room.clock.move(HOUR);
    expect(room.view).toMatchObject({ place: { sequence: 159 }, lanes: [] });
    for (let c = 0; c < 4; c++) {
      const seen: number[] = [];
      // What a receiver keeps: the first sight of each id.
      for (const r of taken) if (r.contractId === contract(c) && !seen.includes(r.sequence)) seen.push(r.sequence);
      expect(seen).toEqual(room.feed.events.filter((e) => (e.data as { subject: string }).subject === contract(c)).map((e) => e.revision));
    }
    // Something was sent twice, or the crashes came at no bad moment.
    expect(taken.length).toBeGreaterThan(160);
  });

  it('a skip and a redelivery recorded just before a crash', async () => {
    room = new Room({ schedule });
    room.answer = failing(said(500), 1);
    room.feed.publish(1, 1, 2);
    await room.register();
    await room.clock.move(HOUR);
    room.answer = () => new Promise(() => undefined);
    await skip(1, 0);
    await room.crash();
    room.answer = () => OK;
    await room.crash();
    await room.clock.move(1_000);
    expect([room.of(1).filter((s) => s === 1).length > 0, room.view.lanes]).toEqual([true, []]);
  });

  it('the journal when it is lost: everything is sent again from the registration', async () => {
    room = new Room({ schedule });
    room.feed.publish(1, 2, 1);
    await room.register();
    await room.deliveries.keep(WEBHOOK, { status: 'removed' }, []);
    await settled();
    await room.crash();
    await settled();
    expect([room.of(1), room.of(2)]).toEqual([[0, 2, 0, 2], [1, 1]]);
  });

  it('no row for what is delivered', async () => {
    room = new Room({ schedule });
    room.feed.publish(...Array.from({ length: 500 }, (_, i) => i % 50));
    await room.register();
    await room.clock.move(1_000);
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(`${room.folder}/delivery.sqlite`, { readOnly: true });
    expect(db.prepare('SELECT (SELECT count(*) FROM lanes) AS lanes, (SELECT count(*) FROM places) AS places').get()).toEqual({ lanes: 0, places: 1 });
    db.close();
  });
});

describe('the feed', () => {
  it('may be away: deliveries go on once it is back', async () => {
    room = new Room({ schedule });
    await room.register();
    room.feed.away = true;
    room.feed.publish(1, 2);
    await settled();
    const { reads } = room.feed;
    await room.clock.move(10_000);
    expect(room.feed.reads - reads).toBeLessThanOrEqual(11);
    room.feed.away = false;
    await room.clock.move(1_000);
    expect([room.of(1), room.of(2)]).toEqual([[0], [1]]);
    expect(room.errors.length).toBeGreaterThan(0);
  });

  it('that was rewound is noticed: nothing is sent until somebody says from where', async () => {
    room = new Room({ schedule });
    room.feed.publish(1, 2, 3);
    await room.register();
    await room.clock.move(1_000);
    room.feed.events.splice(1);
    await room.crash();
    room.feed.events.push({ ...room.feed.events[0]!, id: eventId(77), revision: 1 }, { ...room.feed.events[0]!, id: eventId(78), revision: 2 });
    await room.crash();
    expect([room.view.rewound, room.requests.length]).toEqual([true, 3]);
    await rewind(1);
    await settled();
    expect([room.view.rewound, room.requests.length]).toEqual([false, 5]);
  });
});

describe('secrets', () => {
  it('that cannot be read let nothing out, and say so', async () => {
    room = new Room({ schedule });
    await room.register();
    Object.defineProperty(room, 'box', { value: new (room.box.constructor as new (key: Uint8Array) => Room['box'])(new Uint8Array(KEY).fill(8)) });
    room.feed.publish(1);
    await settled();
    expect(room.requests).toEqual([]);
    expect(room.errors[0]).toMatch(/signing secret cannot be read/);
    expect(room.deliveries.attempts(WEBHOOK, null, 10)).toMatchObject([{ status: null, error: 'secret-unreadable' }]);
  });
});

describe('attempts', () => {
  it('are kept, newest first, so many of them', async () => {
    room = new Room({ schedule });
    room.feed.publish(...Array.from({ length: 1_050 }, (_, i) => i % 5));
    await room.register();
    await room.clock.move(1_000);
    const all = room.deliveries.attempts(WEBHOOK, null, 2_000);
    expect([all.length, all[0]!.n, all.at(-1)!.n]).toEqual([1_000, 1_050, 51]);
    expect(room.deliveries.attempts(WEBHOOK, 1_000, 2).map((a) => a.n)).toEqual([999, 998]);
    await room.crash();
    room.feed.publish(1);
    await settled();
    expect(room.deliveries.attempts(WEBHOOK, null, 1)[0]!.n).toBe(1_051);
  });
});
