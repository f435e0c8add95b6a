import { Inject, Injectable } from '@nestjs/common';
import type { AuditRecordedV1Payload } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import { systemClock } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { AUDIT_KEYS } from './audit-keys.js';
import type { JsonObject } from './canonical-json.js';
import { signHead, unsignedHead, type ChainHead, type HeadKeys, type HeadSigner } from './chain-head.js';
import { contentHashOf, sealContent, type AuditContent, type FreshContent } from './content.js';
import { sealLeaf, zeroHash } from './leaf.js';
import { encryptPersonal } from './personal-values.js';
import { SubjectKeysService } from './subject-keys.service.js';
import { TrailRepository, type ClaimedLog, type EntryId, type NumberedEntry } from './trail.repository.js';
import { signedHead } from './verify-chain.js';

/** An entry that has no place in its log yet. */
interface SealedEntry extends EntryId {
  readonly occurredAt: string;
  readonly content: FreshContent;
  readonly contentHash: string;
}

interface EncryptedEntry extends SealedEntry {
  readonly personal: NumberedEntry['personal'];
}

/** Where the next entries of a log go, and whether its head may be signed for them. */
interface Places {
  /** As many as there are entries, rising. */
  readonly sequences: readonly number[];
  readonly previousHash: string;
  readonly trusted: boolean;
}

/** What is written of one log. */
interface Extension {
  readonly entries: readonly NumberedEntry[];
  readonly head: ChainHead;
}

@Injectable()
export class TrailService {
  constructor(
    private readonly trail: TrailRepository,
    @Inject(AUDIT_KEYS) private readonly keys: HeadKeys & HeadSigner,
    private readonly subjects: SubjectKeysService,
    private readonly logger: Logger,
  ) {}

  /**
   * Appends each payload to the log of its tenant: numbered in the order given, without gap or fork however many arrive at
   * once. An entry whose id the log holds is dropped: the effect of a second delivery is none. The cost of locks,
   * signatures and statements is shared by the payloads of one call.
   *
   * @throws ContentError, NotCanonicalError, PointerError, RangeError (a time that is none) on what has no leaf's form;
   *   nothing is appended then, of the others neither
   */
  async append(tx: Tx, payloads: readonly AuditRecordedV1Payload[]): Promise<void> {
    // Sealed, and with keys, before the logs are locked: others wait for these.
    const contents = payloads.map(seal);
    const subjects = await this.subjects.keysFor(tx, contents);
    const sealed = [...contents, ...subjects.erasures.map(seal)].map((entry) => ({ ...entry, personal: encryptPersonal(entry.content, subjects.of(entry.tenantId)) }));
    const logs = await this.trail.claimLogs(tx, [...new Set(sealed.map(({ tenantId }) => tenantId))]);
    const unrecorded = await this.unrecordedOf(tx, sealed);
    const extensions: Extension[] = [];
    for (const log of logs) {
      const entries = unrecorded.get(log.tenantId);
      if (entries !== undefined) extensions.push(this.extend(log.tenantId, entries, await this.nextPlaces(tx, log, entries.length)));
    }
    if (extensions.length > 0) await this.trail.append(tx, extensions.flatMap(({ entries }) => entries), extensions.map(({ head }) => head));
  }

  /** By tenant, what its log does not hold yet; of two with one id the first. */
  private async unrecordedOf(tx: Tx, entries: readonly EncryptedEntry[]): Promise<Map<string, EncryptedEntry[]>> {
    const nameOf = ({ tenantId, id }: EntryId) => `${tenantId} ${id}`;
    const taken = new Set((await this.trail.listRecorded(tx, entries)).map(nameOf));
    const unrecorded = entries.filter((entry) => {
      const isNew = !taken.has(nameOf(entry));
      taken.add(nameOf(entry));
      return isNew;
    });
    return Map.groupBy(unrecorded, ({ tenantId }) => tenantId);
  }

  /**
   * An entry is recorded in every log, also in one that somebody tampered with, and nothing that he did is vouched for.
   * Where the head is not one that we signed, it stays unsigned. Where numbers beyond it were taken, they are passed over:
   * the leaf continues the last one of ours, so verification tells the intruder, and is content when he is gone.
   */
  private async nextPlaces(tx: Tx, { tenantId, head, last, lastHash }: ClaimedLog, count: number): Promise<Places> {
    const after = (place: number) => Array.from({ length: count }, (_, index) => place + 1 + index);
    if (head.size === '0' && last === 0 && lastHash === zeroHash) return { sequences: after(0), previousHash: zeroHash, trusted: true };
    const signed = signedHead(tenantId, head, this.keys);
    if (signed === null) {
      this.logger.error('audit log has no head that we signed, it stays unsigned', { tenantId });
      return { sequences: after(last), previousHash: lastHash, trusted: false };
    }
    const { size, hash: previousHash } = signed;
    if (last <= size) return { sequences: after(size), previousHash, trusted: true };
    this.logger.error('audit log has rows beyond its signed head, their numbers are passed over', { tenantId });
    return { sequences: await this.trail.listFreePlaces(tx, tenantId, size, count), previousHash, trusted: true };
  }

  /** Links the entries one to the next; of the heads on the way only the last is one, and is signed. */
  private extend(tenantId: string, entries: readonly EncryptedEntry[], { sequences, previousHash, trusted }: Places): Extension {
    let [size, hash] = [0, previousHash];
    const numbered: NumberedEntry[] = [];
    for (const [index, { content, personal, id, occurredAt, contentHash }] of entries.entries()) {
      const sequence = sequences[index];
      if (sequence === undefined) throw new Error('a log has fewer places than entries');
      const leaf = sealLeaf({ tenantId, sequence, id, occurredAt, contentHash, previousHash: hash });
      numbered.push({ content, personal, leaf });
      ({ sequence: size, hash } = leaf);
    }
    const advanced = { tenantId, size, hash, updatedAt: systemClock.now().toISOString() };
    return { entries: numbered, head: trusted ? signHead(advanced, this.keys) : unsignedHead(advanced) };
  }
}

function seal(payload: AuditRecordedV1Payload): SealedEntry {
  const content = sealContent(contentOf(payload), payload.personal);
  return {
    tenantId: payload.tenantId.toLowerCase(),
    id: payload.entryId.toLowerCase(),
    occurredAt: new Date(payload.occurredAt).toISOString(),
    content,
    contentHash: contentHashOf(content),
  };
}

function contentOf(payload: AuditRecordedV1Payload): AuditContent {
  const { actor, action, resource, outcome, ip, userAgent, requestId, traceId, reason, before, after } = payload;
  // The payload came from JSON text: its objects hold nothing else.
  const [old, now] = [before as JsonObject | null, after as JsonObject | null];
  return { actor, action, resource, outcome, ip, userAgent, requestId, traceId, reason, before: old, after: now };
}
