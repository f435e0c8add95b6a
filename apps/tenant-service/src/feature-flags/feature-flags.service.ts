import { Injectable } from '@nestjs/common';
import { FeatureFlagArchivedV1, FeatureFlagCreatedV1, FeatureFlagUpdatedV1 } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { Answer, created, etagOf, requireMatch, requireStatedMatch, type RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { TenantServiceConfig } from '../config.js';
import type { CreateFeatureFlagDto, UpdateFeatureFlagDto } from './dto/feature-flag.dto.js';
import { FeatureFlag, type FeatureFlagView } from './feature-flag.entity.js';
import { featureFlagErrors } from './feature-flags.errors.js';
import { FeatureFlagsRepository } from './feature-flags.repository.js';
import type { FlagAction } from './flag-change.js';

/** In use at once: a bulk evaluation answers them all. */
const maxFlags = 1_000;

/** What an operator did, for the history and the trail. */
interface Done {
  readonly action: FlagAction;
  readonly reason: string | undefined;
  readonly before: FeatureFlagView | null;
}

/** What operators do to flags. Each change is an event, a line of the flag's history and an entry of the platform's trail. */
@Injectable()
export class FeatureFlagsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly flags: FeatureFlagsRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
    private readonly config: TenantServiceConfig,
  ) {}

  /** @throws Problem `feature_flag_key_taken`, `feature_flag_overridden`, `feature_flags_too_many` (409), `feature_flag_invalid`, `feature_flag_too_large` (422) */
  async create(ctx: RequestContext, { reason, ...parts }: CreateFeatureFlagDto) {
    const now = systemClock.now();
    const flag = FeatureFlag.create(parts, now);
    this.requireNoOtherType(flag);
    return await this.transactor.run(ctx, async (tx) => {
      if ((await this.flags.countFlags(tx)) >= maxFlags) throw featureFlagErrors.tooMany();
      await this.flags.insert(tx, flag);
      const { id, key, type, enabled, version } = flag.state;
      this.outbox.append(tx, FeatureFlagCreatedV1, { aggregateId: id, tenantId: null, traceparent: ctx.traceparent, payload: { flagId: id, key, type, enabled } });
      await this.record(tx, ctx, flag, { action: 'create', reason, before: null });
      return created(flag.toView(), `/v1/feature-flags/${key}`, { etag: etagOf(version) });
    });
  }

  /** @throws Problem `feature_flag_not_found` (404), `precondition_required` (428), `precondition_failed` (412), `feature_flag_invalid`, `feature_flag_too_large` (422) */
  async update(ctx: RequestContext, key: string, { reason, ...changes }: UpdateFeatureFlagDto) {
    return await this.transactor.run(ctx, async (tx) => {
      const flag = await this.flags.claimFlag(tx, key);
      requireStatedMatch(ctx.ifMatch, flag.state.version);
      const before = flag.toView();
      const changed = flag.change(changes, systemClock.now());
      if (changed.length > 0) await this.saveUpdated(tx, ctx, flag, changed, { action: 'update', reason, before });
      return answer(flag);
    });
  }

  /** The kill switch: what it is set to already changes nothing. It may be thrown without having read the flag. @throws Problem `feature_flag_not_found` (404), `precondition_failed` (412) */
  async switchTo(ctx: RequestContext, key: string, enabled: boolean, reason: string | undefined) {
    return await this.transactor.run(ctx, async (tx) => {
      const flag = await this.flags.claimFlag(tx, key);
      requireMatch(ctx.ifMatch, flag.state.version);
      const before = flag.toView();
      if (flag.switchTo(enabled, systemClock.now())) await this.saveUpdated(tx, ctx, flag, ['enabled'], { action: enabled ? 'enable' : 'disable', reason, before });
      return answer(flag);
    });
  }

  /** Nobody is given a value of it any more, and its key is free. @throws Problem `feature_flag_not_found` (404), `precondition_failed` (412) */
  async archive(ctx: RequestContext, key: string): Promise<void> {
    await this.transactor.run(ctx, async (tx) => {
      const flag = await this.flags.claimFlag(tx, key);
      requireMatch(ctx.ifMatch, flag.state.version);
      const before = flag.toView();
      flag.archive(systemClock.now());
      await this.flags.save(tx, flag);
      const { id } = flag.state;
      this.outbox.append(tx, FeatureFlagArchivedV1, { aggregateId: id, tenantId: null, traceparent: ctx.traceparent, payload: { flagId: id, key } });
      await this.record(tx, ctx, flag, { action: 'archive', reason: undefined, before });
    });
  }

  private async saveUpdated(tx: Tx, ctx: RequestContext, flag: FeatureFlag, changed: readonly string[], done: Done): Promise<void> {
    await this.flags.save(tx, flag);
    const { id, key, enabled } = flag.state;
    this.outbox.append(tx, FeatureFlagUpdatedV1, { aggregateId: id, tenantId: null, traceparent: ctx.traceparent, payload: { flagId: id, key, enabled, changed: [...changed] } });
    await this.record(tx, ctx, flag, done);
  }

  private async record(tx: Tx, ctx: RequestContext, flag: FeatureFlag, { action, reason, before }: Done): Promise<void> {
    const { id: operatorId } = ctx.principal;
    if (operatorId === null) throw new Error('the guard lets operators in alone');
    const { id, key, version, updatedAt } = flag.state;
    const after = action === 'archive' ? null : flag.toView();
    await this.flags.insertChange(tx, { flagId: id, key, action, version, operatorId, reason: reason ?? null, before, after, at: updatedAt });
    this.audit.record(tx, ctx, {
      action: `feature_flag.${action}`,
      resource: { type: 'feature_flag', id },
      ...(reason === undefined ? {} : { reason }),
      before: before === null ? null : { ...before },
      after: after === null ? null : { ...after },
      // They may name people.
      personal: [...(before === null ? [] : ['/before/rules']), ...(after === null ? [] : ['/after/rules'])],
    });
  }

  /** At the next start it would stop the service. */
  private requireNoOtherType({ state: { key, type } }: FeatureFlag): void {
    try {
      this.config.flagOverrides.find(key, type);
    } catch {
      throw featureFlagErrors.overridden();
    }
  }
}

function answer(flag: FeatureFlag) {
  return new Answer(flag.toView(), { etag: etagOf(flag.state.version) });
}
