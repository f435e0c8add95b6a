import type { Transactor } from '@plinth/database';
import type { DependencyCheck } from '@plinth/health';
import type { KafkaProbe } from '@plinth/kafka';
import type { JwksFollower } from '../callers/jwks-follower.js';
import type { Upstreams } from '../upstreams/upstreams.js';

/** Below the time that a probe of ours has for all checks. */
const TENANT_SERVICE_TIMEOUT_MS = 1_000;

/**
 * What the gateway leans on. It cannot serve before it has had the token keys once; after that
 * tenant-service may go, and what needs it answers 503 by itself.
 */
export function gatewayChecks(transactor: Transactor, kafka: KafkaProbe, keys: JwksFollower, upstreams: Upstreams): readonly DependencyCheck[] {
  return [
    { name: 'database', essential: false, check: () => transactor.ping() },
    { name: 'kafka', essential: false, check: () => kafka.requireUp() },
    {
      name: 'tenant-service',
      get essential() {
        return !keys.loaded;
      },
      check: async () => {
        if (!keys.loaded) throw new Error('no token keys yet');
        const { client } = upstreams.of('tenant-service');
        await client.json({ path: '/health/live', timeoutMs: TENANT_SERVICE_TIMEOUT_MS });
      },
    },
  ];
}
