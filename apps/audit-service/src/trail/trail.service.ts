import { Inject, Injectable } from '@nestjs/common';
import type { AuditRecordedV1Payload } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import { systemClock } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { AUDIT_KEYS } from './audit-keys.js';
import type { JsonObject } from './canonical-json.js';
import { signHead, unsignedHead, type HeadKeys, type HeadSigner } from './chain-head.js';
import { contentHashOf, sealContent, type AuditContent } from './content.js';
import { sealLeaf, zeroHash } from './leaf.js';
import { TrailRepository, type Tail } from './trail.repository.js';
import { signedHead, type HeadRow } from './verify-chain.js';

/** Where the next entry goes, and whether the head may be signed for it. */
interface Place {
  readonly sequence: number;
  readonly previousHash: string;
  readonly trusted: boolean;
}

@Injectable()
export class TrailService {
  constructor(
    private readonly trail: TrailRepository,
    @Inject(AUDIT_KEYS) private readonly keys: HeadKeys & HeadSigner,
    private readonly logger: Logger,
  ) {}

  /**
   * Appends to the log of the payload's tenant: numbered on arrival, without gap or fork however many arrive at once. An
   * entry whose id the log holds is dropped: the effect of a second delivery is none.
   *
   * @throws ContentError, NotCanonicalError, PointerError, RangeError (a time that is none) on what has no leaf's form
   */
  async append(tx: Tx, payload: AuditRecordedV1Payload): Promise<void> {
    const tenantId = payload.tenantId.toLowerCase();
    const id = payload.entryId.toLowerCase();
    const content = sealContent(contentOf(payload), payload.personal);
    const contentHash = contentHashOf(content);
    const occurredAt = new Date(payload.occurredAt).toISOString();

    const head = await this.trail.claimHead(tx, tenantId);
    const tail = await this.trail.findTail(tx, tenantId, Number(head.size), id);
    if (tail.recorded) return;
    const { sequence, previousHash, trusted } = await this.nextPlace(tx, tenantId, head, tail);
    const leaf = sealLeaf({ tenantId, sequence, id, occurredAt, contentHash, previousHash });
    const advanced = { tenantId, size: sequence, hash: leaf.hash, updatedAt: systemClock.now().toISOString() };
    await this.trail.append(tx, content, leaf, trusted ? signHead(advanced, this.keys) : unsignedHead(advanced));
  }

  /**
   * An entry is recorded in every log, also in one that somebody tampered with, and nothing that he did is vouched for.
   * Where the head is not one that we signed, it stays unsigned. Where the next number was taken, it is passed over: the
   * leaf continues the last one of ours, so verification tells the intruder, and is content when he is gone.
   */
  private async nextPlace(tx: Tx, tenantId: string, head: HeadRow, tail: Tail): Promise<Place> {
    if (head.size === '0' && tail.last === 0 && tail.lastHash === zeroHash) return { sequence: 1, previousHash: zeroHash, trusted: true };
    const signed = signedHead(tenantId, head, this.keys);
    if (signed === null) {
      this.logger.error('audit log has no head that we signed, it stays unsigned', { tenantId });
      return { sequence: tail.last + 1, previousHash: tail.lastHash, trusted: false };
    }
    if (!tail.nextTaken) return { sequence: signed.size + 1, previousHash: signed.hash, trusted: true };
    this.logger.error('audit log has rows beyond its signed head, their numbers are passed over', { tenantId });
    return { sequence: await this.trail.findFreePlace(tx, tenantId, signed.size), previousHash: signed.hash, trusted: true };
  }
}

function contentOf(payload: AuditRecordedV1Payload): AuditContent {
  const { actor, action, resource, outcome, ip, userAgent, requestId, traceId, reason, before, after } = payload;
  // The payload came from JSON text: its objects hold nothing else.
  const [old, now] = [before as JsonObject | null, after as JsonObject | null];
  return { actor, action, resource, outcome, ip, userAgent, requestId, traceId, reason, before: old, after: now };
}
