import type { ServiceName } from '@plinth/contracts';
import { newId } from '@plinth/kernel';
import { HttpClient, StreamingClient, type Destination, type HttpAnswer, type HttpCall, type StreamCall, type StreamedAnswer } from '@plinth/resilience';
import type { InternalIdentityMinter } from './internal-identity.js';

/** Of whose data a call asks, where it is of one tenant's. */
interface OfTenant {
  /** Stands in the identity: the other side speaks for this tenant and sees no other's. Default: none. */
  readonly tenantId?: string;
}

/**
 * A process's calls to another service, as itself and not as a caller of its own: each carries an identity that is minted
 * for this service and signed for this request (ADR 0002), through the breaker and the limits of the destination.
 *
 * Tries of one call share its signature, which is good for 30 s: time limits stay below that.
 */
export class ServiceCalls {
  private readonly client: HttpClient;
  private readonly streams: StreamingClient;

  constructor(
    private readonly options: {
      /** Who is called. */
      readonly audience: ServiceName;
      readonly destination: Destination;
      readonly minter: InternalIdentityMinter;
    },
  ) {
    this.client = new HttpClient(options.destination);
    this.streams = new StreamingClient(options.destination);
  }

  /** @throws Problem: 502, 503 or 504 where there is no answer; an answer of any status is returned */
  async request(call: HttpCall & OfTenant): Promise<HttpAnswer> {
    return await this.client.request({ ...call, headers: await this.headersFor(call.method ?? 'GET', call) });
  }

  /** @throws Problem: 502, 503 or 504 where there is no answer of 2xx in JSON. The caller validates what it gets. */
  async json(call: HttpCall & OfTenant): Promise<unknown> {
    return await this.client.json({ ...call, headers: await this.headersFor(call.method ?? 'GET', call) });
  }

  /** An answer that is read as it is written. @throws Problem as `request` */
  async open(call: Omit<StreamCall, 'headers'> & OfTenant & { readonly headers?: Readonly<Record<string, string>> }): Promise<StreamedAnswer> {
    return await this.streams.open({ ...call, headers: await this.headersFor(call.method, call) });
  }

  private async headersFor(method: string, { path, headers, tenantId = null }: Pick<HttpCall, 'path' | 'headers'> & { readonly tenantId?: string | null }): Promise<Record<string, string>> {
    const { audience, minter } = this.options;
    const principal = { type: 'service', id: minter.service, tenantId, roles: [] } as const;
    const identity = await minter.headersFor({ audience, principal, method, path, requestId: newId(), clientIp: null, userAgent: null });
    return { ...headers, ...identity };
  }
}
