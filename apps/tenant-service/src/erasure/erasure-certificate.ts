import { Injectable } from '@nestjs/common';
import { KeyRing, signDocument } from '@plinth/auth';
import { retention, topics } from '@plinth/contracts';
import { TenantServiceConfig } from '../config.js';
import { AuditServiceConnection } from '../service-connections/service-connections.js';
import { erasureErrors } from './erasure.errors.js';
import type { ErasureView } from './erasure-view.js';
import { ErasuresRepository, type Erasure } from './erasures.repository.js';
import { hashReceipt } from './receipt.js';

const timeoutMs = 5_000;
const dayMs = 86_400_000;
/** As long as an operator may keep backups; a restore of an older state is to be followed by the erasures since (ADR 0048). */
const backupsKeptMs = 30 * dayMs;
const topicsKeptMs = Math.max(...topics.map(({ retentionMs }) => retentionMs));

/** What audit-service answers of an erasure. */
interface TrailErasure {
  readonly erasedAt: string | null;
  readonly logs: number;
  readonly keys: number;
}

/** Says, signed, what of a person is gone, and by when the copies are. */
@Injectable()
export class ErasureCertificate {
  constructor(
    private readonly erasures: ErasuresRepository,
    private readonly auditService: AuditServiceConnection,
    private readonly keys: KeyRing,
    private readonly config: TenantServiceConfig,
  ) {}

  /** @throws Problem `erasure_not_found` (404); 503 while audit-service cannot say whether its part is done */
  async describe(receipt: string): Promise<ErasureView> {
    const erasure = await this.erasures.findByReceipt(hashReceipt(receipt));
    if (erasure === null) throw erasureErrors.notFound();
    const certificate = erasure.erasedAt === null ? null : await this.certify(erasure, erasure.erasedAt);
    return { id: erasure.id, state: certificate === null ? 'requested' : 'erased', requestedAt: erasure.requestedAt.toISOString(), certificate };
  }

  /** Null until the trail is done, too. The same whenever it is asked for, but for the key that signs. */
  private async certify({ id, accountId, requestedAt, erased }: Erasure, erasedAt: Date): Promise<string | null> {
    const trail = (await this.auditService.calls.json({ path: `/internal/v1/erasures/${id}`, timeoutMs })) as TrailErasure;
    if (trail.erasedAt === null) return null;
    const completedAt = new Date(Math.max(erasedAt.getTime(), Date.parse(trail.erasedAt)));
    const by = (ms: number) => new Date(completedAt.getTime() + ms).toISOString();
    const claims = {
      ...{ iss: this.config.issuer, sub: accountId, iat: Math.floor(completedAt.getTime() / 1000) },
      erasure: {
        ...{ id, requestedAt: requestedAt.toISOString(), completedAt: completedAt.toISOString() },
        account: { erasedAt: erasedAt.toISOString(), rows: erased },
        auditTrail: { erasedAt: trail.erasedAt, logs: trail.logs, keysDestroyed: trail.keys },
        copies: [
          { what: 'answers kept for repeats, encrypted', goneBy: by(retention.idempotencyRecordsMs) },
          { what: 'mail on its way, encrypted', goneBy: by(retention.mailMs) },
          { what: 'messages between services', goneBy: by(retention.publishedEventsMs + topicsKeptMs) },
          { what: 'messages that could not be processed', goneBy: by(topicsKeptMs + retention.deadLettersMs) },
          { what: 'keyed hashes of attempts to sign in', goneBy: by(retention.knownAddressesMs) },
          { what: 'backups', goneBy: by(backupsKeptMs) },
        ],
      },
    };
    return signDocument(this.keys, 'erasure-certificate+jwt', Buffer.from(JSON.stringify(claims)));
  }
}
