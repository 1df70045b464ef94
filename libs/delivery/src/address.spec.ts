import fc from 'fast-check';
import { isPublicAddress } from './index.js';

const CLOSED = [
  // loopback, unspecified, private, link-local and the metadata of clouds
  '127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '169.254.169.254', '169.254.0.1',
  // carriers, protocol assignments, documentation, benchmarks, 6to4 relays, multicast, reserved, broadcast
  '100.64.0.1', '100.127.255.255', '192.0.0.1', '192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '198.19.255.255', '192.88.99.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255',
  // IPv6: unspecified, loopback, unique local, link-local, site-local, multicast, discard, documentation
  '::', '::1', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '100::1', '2001:db8::1', '3fff::1', '5f00::1',
  // IPv4 within IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo, ORCHID
  '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1', '2002:7f00:1::', '2001:0:4136:e378::1', '2001:20::1',
  // no addresses
  '', 'localhost', '127.1', '0x7f.0.0.1', '1.2.3.4.5', '2001:4860::8888%1',
];
const OPEN = ['8.8.8.8', '1.1.1.1', '100.63.255.255', '100.128.0.1', '172.15.0.1', '172.32.0.1', '169.253.0.1', '192.0.1.1', '198.17.0.1', '198.20.0.1', '223.255.255.255', '2606:4700::1111', '2001:4860:4860::8888', '2400:cb00::1', '2a00:1450::1'];

describe('the public Internet', () => {
  it.each(CLOSED)('does not hold "%s"', (address) => expect(isPublicAddress(address)).toBe(false));
  it.each(OPEN)('holds %s', (address) => expect(isPublicAddress(address)).toBe(true));

  it('never holds an IPv4 address in any IPv6 disguise', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const hex = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0')).join('').replace(/^(....)/, '$1:');
        for (const disguise of [`::ffff:${address}`, `::${address}`, `::ffff:0:${address}`, `64:ff9b::${hex}`, `2002:${hex}::1`]) expect([disguise, isPublicAddress(disguise)]).toEqual([disguise, false]);
      }),
    );
  });
});
