import { Inject, Injectable } from '@nestjs/common';
import { platformLogId } from '@plinth/contracts';
import { Transactor, type Conn } from '@plinth/database';
import { shape, type Described, type RequestContext } from '@plinth/http';
import { reject, type Rejection } from '@plinth/kernel';
import { AuditTrail } from '@plinth/outbox';
import { AUDIT_KEYS } from '../trail/audit-keys.js';
import type { HeadKeys } from '../trail/chain-head.js';
import type { ChainRow } from '../trail/chain-walk.js';
import type { VerificationReport } from '../trail/findings.js';
import type { SubjectKeys } from '../trail/personal-values.js';
import { SubjectKeysService } from '../trail/subject-keys.service.js';
import { verifyChain } from '../trail/verify-chain.js';
import { ChainsRepository } from './chains.repository.js';
import { verificationErrors } from './verification.errors.js';

/** The answer of a log that is as it was written. */
export const verifiedLogShape = shape.named(
  'VerifiedLog',
  shape.record({
    valid: shape.just(true),
    entries: shape.integer(),
    checkpointSize: shape.integer('Entries that the signed head covers.'),
    pruned: shape.just(0, 'Entries whose content retention has removed; there is no such retention yet.'),
    erasedSubjects: shape.integer('Persons and others whose values in the log were made unreadable, as its entries `person.erase` tell.'),
    headHash: shape.text('SHA-256 in lower-case hex.'),
  }),
);
export type VerifiedLog = Described<typeof verifiedLogShape>;

/** The name of the one query here that crosses tenants. */
const locateMovedRows = 'moved_audit_rows';

@Injectable()
export class VerificationService {
  constructor(
    private readonly transactor: Transactor,
    private readonly chains: ChainsRepository,
    private readonly audit: AuditTrail,
    private readonly subjects: SubjectKeysService,
    @Inject(AUDIT_KEYS) private readonly keys: HeadKeys,
  ) {}

  /**
   * Verifies the caller's log as of one moment, while appends go on. That somebody did, and what was found, goes into the
   * log itself.
   *
   * @returns a rejection with Problem `audit_chain_broken` (409) where something is wrong: the audit record is committed
   */
  async verify(context: RequestContext): Promise<VerifiedLog | Rejection> {
    const tenantId = context.tenantId ?? platformLogId;
    const scope = { tenantId, principalId: context.principalId };
    const report = await this.transactor.read(scope, (conn) => this.verifyIn(conn, tenantId), { snapshot: true });
    await this.transactor.run(context, async (tx) => this.audit.record(tx, context, recordOf(tenantId, report)));
    if (!report.valid) return reject(verificationErrors.chainBroken(report));
    return { valid: true, entries: report.entries, checkpointSize: report.headSize, pruned: 0, erasedSubjects: report.erasedSubjects, headHash: report.headHash };
  }

  private async verifyIn(conn: Conn, tenantId: string): Promise<VerificationReport> {
    let subjectKeys: SubjectKeys;
    const { chains, subjects } = this;
    async function* rows(): AsyncGenerator<ChainRow> {
      for await (const page of chains.chainPages(conn, tenantId)) {
        subjectKeys = await subjects.keysOfRows(conn, tenantId, page.flatMap(({ entry }) => entry ?? []));
        yield* page;
      }
    }
    return await verifyChain({
      tenantId,
      head: await chains.findHead(conn, tenantId),
      rows: rows(),
      keys: this.keys,
      subjectKeys: { find: (subject) => subjectKeys.find(subject) },
      locate: (wanted) => this.transactor.readSystem(locateMovedRows, (system) => this.chains.locateRows(system, tenantId, wanted)),
    });
  }
}

function recordOf(tenantId: string, { valid, entries, headSize, findings, findingsTotal }: VerificationReport) {
  return {
    action: 'audit.verify',
    resource: { type: 'audit_log', id: tenantId },
    outcome: valid ? ('success' as const) : ('failure' as const),
    after: { valid, entries, checkpointSize: headSize, findings: findingsTotal, firstBrokenSequence: findings[0]?.sequence ?? null },
  };
}
