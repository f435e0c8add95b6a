import type { Metrics, Tracing } from '@plinth/telemetry';
import type { BreakerOptions } from './breaker.js';
import { checkedConnector } from './checked-connector.js';
import { Destination } from './destination.js';
import { GuardMetrics } from './guard-metrics.js';
import { HttpClient, type HttpAnswer, type HttpCall } from './http-client.js';
import { KeptByKey } from './kept-by-key.js';
import { TargetRules, type TargetRulesOptions } from './target-rules.js';

/** What may be called, and the bounds of each target. */
export interface TenantTargetsOptions extends TargetRulesOptions {
  /** Names all of them together in logs and metrics, e.g. `webhooks`. */
  readonly name: string;
  /** Most calls to one target of a tenant at a time, default 4; as many again may wait. */
  readonly connectionsPerTarget?: number;
  /** Most targets whose connections and breaker are kept; default 1,000. */
  readonly keptTargets?: number;
  /** Name servers as `address:port`; by default those of the machine. */
  readonly nameServers?: readonly string[];
  readonly breaker?: BreakerOptions;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing;
}

/** One request to a target of a tenant. The path is in its URL, and a larger answer is always cut. */
export interface TargetCall extends Omit<HttpCall, 'path' | 'largerAnswer'> {
  readonly tenantId: string;
  /** As the tenant gave it. */
  readonly url: string;
}

const connectTimeoutMs = 2_000;
const maxAnswerBytes = 65_536;

/**
 * Calls to addresses that tenants choose, a webhook's for one: to the public internet alone, however the
 * address is spelled and whatever its name resolves to (SSRF), and so that one tenant's target is
 * trouble for that tenant only: breaker, bulkhead and connections belong to a tenant's origin.
 *
 * Redirects are answers: who follows one has to bring its target here again.
 */
export class TenantTargets {
  private readonly rules: TargetRules;
  private readonly targets: KeptByKey<Target>;

  constructor(options: TenantTargetsOptions) {
    const { name, connectionsPerTarget = 4, keptTargets = 1_000, nameServers, breaker = { volumeThreshold: 5, resetMs: 10_000 } } = options;
    this.rules = new TargetRules(options);
    const telemetry = {
      ...(options.metrics === undefined ? {} : { metrics: new GuardMetrics(name, options.metrics) }),
      ...(options.tracing === undefined ? {} : { tracing: options.tracing }),
      sendsTrace: false,
    };
    const connect = checkedConnector({ addresses: this.rules.addresses, connectTimeoutMs, nameServers });
    const settings = { name, connections: connectionsPerTarget, queued: connectionsPerTarget, breaker, connect, ...telemetry };
    this.targets = new KeptByKey((key) => new Target({ ...settings, url: originIn(key) }), keptTargets);
  }

  /**
   * For the moment at which a tenant names a target: what can be told without asking DNS.
   *
   * @throws Problem `target_forbidden` (422) that says which rule it breaks
   */
  check(url: string): void {
    this.rules.read(url);
  }

  /**
   * Calls a target and reads its answer, of any status, at most to `maxAnswerBytes` (default 64 KiB): what is
   * longer is cut there, for what counts is that it has answered.
   *
   * @throws Problem `target_forbidden` (422), without a connection, for what is not public; 502, 503 or 504 when there is no answer
   */
  async request({ tenantId, url: text, ...call }: TargetCall): Promise<HttpAnswer> {
    const url = this.rules.read(text);
    const path = `${url.pathname}${url.search}`;
    return await this.targets.use(keyOf(tenantId, url), ({ client }) => client.request({ maxAnswerBytes, ...call, path, largerAnswer: 'cut' }));
  }

  /** Closes the connections to all targets; calls that still run end as unavailable. */
  async close(): Promise<void> {
    await this.targets.close();
  }
}

class Target {
  readonly client: HttpClient;
  private readonly destination: Destination;

  constructor(options: ConstructorParameters<typeof Destination>[0]) {
    this.destination = new Destination(options);
    this.client = new HttpClient(this.destination);
  }

  close(): Promise<void> {
    return this.destination.close();
  }
}

// No origin has a space in it.
function keyOf(tenantId: string, { origin }: URL): string {
  return `${origin} ${tenantId}`;
}

function originIn(key: string): string {
  return key.slice(0, key.indexOf(' '));
}
