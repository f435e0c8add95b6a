import { BlockList, isIPv6 } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { authErrors } from '@plinth/auth';

/** Loopback, RFC 1918, RFC 6598, link-local and unique local addresses: from where Prometheus scrapes. */
const nearby = new BlockList();
for (const [network, prefix] of [['127.0.0.0', 8], ['10.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['100.64.0.0', 10], ['169.254.0.0', 16]] as const) {
  nearby.addSubnet(network, prefix, 'ipv4');
}
nearby.addAddress('::1', 'ipv6');
nearby.addSubnet('fc00::', 7, 'ipv6');
nearby.addSubnet('fe80::', 10, 'ipv6');

/**
 * The gateway is the one service with a public port, and its metrics are not public: they are answered
 * to a scraper nearby, and do not exist for who comes from afar or through a proxy.
 */
export function keepMetricsPrivate(app: NestFastifyApplication): void {
  app.getHttpAdapter().getInstance().addHook('onRequest', async (request) => {
    if (request.routeOptions.url !== '/metrics') return;
    const { headers, socket } = request;
    const proxied = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined || headers.via !== undefined;
    if (proxied || !isNearby(socket.remoteAddress ?? '')) throw authErrors.resourceNotFound();
  });
}

function isNearby(address: string): boolean {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return nearby.check(mapped, 'ipv4');
  return nearby.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
