import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PolicyPublishedV1 } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { created, type RequestContext } from '@plinth/http';
import { newId, systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import type { PublishPolicyDto } from './dto/publish-policy.dto.js';
import { privacyDocument } from './policies.js';
import { policyErrors } from './policies.errors.js';
import { PoliciesRepository } from './policies.repository.js';
import { policyVersionView } from './policy-views.js';

const defaultGraceDays = 30;
/** A publication without a time takes effect with its commit, which clocks of two machines may see a little apart. */
const toleratedMs = 60_000;

/** What operators publish: documents of the installation's own, and newer versions of them. */
@Injectable()
export class PolicyPublishingService {
  constructor(
    private readonly transactor: Transactor,
    private readonly policies: PoliciesRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /** @throws Problem `policy_built_in`, `policy_version_taken` (409), `policy_not_later` (422) */
  async publish(ctx: RequestContext, { document, version, title, text, required, effectiveFrom, graceDays = defaultGraceDays }: PublishPolicyDto) {
    const { id: publishedBy } = ctx.principal;
    if (publishedBy === null) throw new Error('the guard lets operators in alone');
    if (document === privacyDocument.document) throw policyErrors.builtIn();
    const publishedAt = systemClock.now();
    const from = effectiveFrom === undefined ? publishedAt : new Date(effectiveFrom);
    if (from.getTime() < publishedAt.getTime() - toleratedMs) throw policyErrors.notLater();
    const sha256 = createHash('sha256').update(text).digest('hex');
    const id = newId();
    return await this.transactor.run(ctx, async (tx) => {
      const before = await this.policies.listVersions(tx, document);
      if (before.some((one) => one.version !== version && one.effectiveFrom > from)) throw policyErrors.notLater();
      await this.policies.insertVersion(tx, { id, document, version, title, required, effectiveFrom: from, graceDays, publishedAt, publishedBy });
      await this.policies.keepText(tx, { document, version, sha256, contentType: 'text/plain; charset=utf-8', text }, publishedAt);
      const published = (await this.policies.listVersions(tx, document)).find((one) => one.version === version);
      if (published === undefined) throw new Error('a version that was just written cannot be read');
      const told = { document, version, required, effectiveFrom: from.toISOString() };
      this.outbox.append(tx, PolicyPublishedV1, { aggregateId: id, tenantId: null, traceparent: ctx.traceparent, payload: { policyId: id, ...told } });
      this.audit.record(tx, ctx, { action: 'policy.publish', resource: { type: 'policy', id }, after: { ...told, title, graceDays, sha256 } });
      return created(policyVersionView(published), `/v1/policies/${document}/versions/${version}`);
    });
  }
}
