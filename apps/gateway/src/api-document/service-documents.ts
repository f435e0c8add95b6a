import { Injectable } from '@nestjs/common';
import { InternalIdentityMinter } from '@plinth/auth';
import type { OpenApiDocument, Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import type { UpstreamName } from '../upstreams/upstream-names.js';
import { Upstreams } from '../upstreams/upstreams.js';

const SELF: Principal = { type: 'service', id: 'gateway', tenantId: null, roles: [] };
const PATH = '/internal/v1/openapi.json';
/** A deployment of a service shows within this time. */
const FRESH_MS = 30_000;
/** A service that does not answer is not asked again before. */
const RETRY_MS = 2_000;
const TIMEOUT_MS = 1_500;

interface Known {
  readonly document: OpenApiDocument | undefined;
  readonly untilMs: number;
}

/** The services' own documents, asked for when somebody reads the API document, and remembered. */
@Injectable()
export class ServiceDocuments {
  private readonly known = new Map<UpstreamName, Known>();
  private readonly asking = new Map<UpstreamName, Promise<void>>();

  constructor(
    private readonly upstreams: Upstreams,
    private readonly minter: InternalIdentityMinter,
    private readonly logger: Logger,
  ) {}

  /** Of each that has ever answered its last document; nobody waits longer than 1.5 s for the others. */
  async of(names: readonly UpstreamName[]): Promise<ReadonlyMap<UpstreamName, OpenApiDocument>> {
    await Promise.all(names.map((name) => this.refresh(name)));
    const told = names.map((name) => [name, this.known.get(name)?.document] as const);
    return new Map(told.filter((entry): entry is [UpstreamName, OpenApiDocument] => entry[1] !== undefined));
  }

  private async refresh(name: UpstreamName): Promise<void> {
    if (performance.now() < (this.known.get(name)?.untilMs ?? 0)) return;
    const asked = this.asking.get(name) ?? this.ask(name).finally(() => this.asking.delete(name));
    this.asking.set(name, asked);
    await asked;
  }

  private async ask(name: UpstreamName): Promise<void> {
    try {
      const call = { method: 'GET', path: PATH, requestId: newId(), clientIp: null, userAgent: null };
      const headers = { ...(await this.minter.headersFor({ ...call, audience: name, principal: SELF })) };
      const document = await this.upstreams.of(name).client.json({ path: PATH, headers, timeoutMs: TIMEOUT_MS });
      if (!isDocument(document)) throw new Error('the answer is no OpenAPI 3.1 document');
      this.known.set(name, { document, untilMs: performance.now() + FRESH_MS });
    } catch (error) {
      this.logger.warn('service does not describe its routes', { service: name, error });
      this.known.set(name, { document: this.known.get(name)?.document, untilMs: performance.now() + RETRY_MS });
    }
  }
}

/** As much as joining needs; a service may be written by others. */
function isDocument(value: unknown): value is OpenApiDocument {
  const { openapi, paths } = (value ?? {}) as { readonly openapi?: unknown; readonly paths?: unknown };
  return typeof openapi === 'string' && openapi.startsWith('3.1.') && typeof paths === 'object' && paths !== null;
}
