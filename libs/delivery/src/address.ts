import { BlockList, isIP } from 'node:net';

/** Of IPv4, what no receiver on the public Internet has (IANA special-purpose registry, multicast, reserved). */
const CLOSED_4 = subnets('ipv4', [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // shared, behind a carrier's NAT
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local, metadata of clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // relays of 6to4
  '192.168.0.0/16', // private
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
]);

/**
 * Of IPv6, only global unicast is open: that leaves out unspecified, loopback, IPv4-mapped and -compatible, NAT64,
 * discard, unique local, link-local, site-local, segment routing and multicast without naming them …
 */
const OPEN_6 = subnets('ipv6', ['2000::/3']);
/** … and within it not what leads elsewhere or is nowhere. */
const CLOSED_6 = subnets('ipv6', [
  '2001::/23', // protocol assignments: Teredo, benchmarks, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: an IPv4 address inside
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
]);

function subnets(family: 'ipv4' | 'ipv6', list: readonly string[]): BlockList {
  const out = new BlockList();
  for (const subnet of list) {
    const [network, prefix] = subnet.split('/') as [string, string];
    out.addSubnet(network, Number(prefix), family);
  }
  return out;
}

/** Whether a literal address lies on the public Internet. Whatever is no address does not. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !CLOSED_4.check(address, 'ipv4');
    case 6:
      // A zone names an interface of this machine.
      return !address.includes('%') && OPEN_6.check(address, 'ipv6') && !CLOSED_6.check(address, 'ipv6');
    default:
      return false;
  }
}
