import { ExpiringCache } from '@plinth/auth';
import { systemClock, type Clock } from '@plinth/kernel';
import { callerErrors } from './callers.errors.js';
import type { Revocations } from './revocations.js';

/** Whom a credential names; each has a tenant, a session or both. */
export interface Caller {
  readonly tenantId: string | null;
  readonly sessionId?: string;
  readonly apiKeyId?: string;
}

/** What tenant-service says of a caller. */
export interface Standing {
  readonly tenantSuspended: boolean;
  readonly tenantDeactivated: boolean;
  readonly sessionRevoked: boolean;
  readonly apiKeyRevoked: boolean;
}

/** For so long a caller passes while nobody can be asked (architecture: "When a part is gone"). */
const KNOWN_MS = 60_000;
const CAPACITY = 16_384;

/**
 * Whether a caller with a valid credential is still let in. By the feed while it speaks; after a second of
 * silence by a question per request; where tenant-service is gone altogether, who was confirmed within the
 * last minute passes and nobody else does, so that after a minute nobody does at all.
 */
export class CallerStanding {
  /** Confirmed callers. Passing in the outage itself renews nothing. */
  private readonly confirmed = new ExpiringCache<true>(CAPACITY);
  private readonly clock: Clock;

  constructor(
    private readonly options: {
      readonly revocations: Revocations;
      /** Asks tenant-service; rejects where there is no usable answer. */
      readonly ask: (caller: Caller) => Promise<Standing>;
      readonly clock?: Clock;
    },
  ) {
    this.clock = options.clock ?? systemClock;
  }

  /** @throws Problem `session_revoked`, `api_key_invalid` (401), `tenant_suspended`, `tenant_deactivated` (403), `caller_unconfirmed` (503) */
  async require(caller: Caller): Promise<void> {
    // What has been told stays told: an outage restores nobody.
    const told = this.told(caller);
    if (this.options.revocations.fresh) {
      refuseBy(told);
      return this.confirm(caller);
    }
    let standing: Standing;
    try {
      standing = await this.options.ask(caller);
    } catch (error) {
      refuseBy(told);
      if (this.confirmed.get(nameOf(caller), this.nowMs) === true) return;
      throw callerErrors.standingUnknown(error);
    }
    refuseBy(standing);
    this.confirm(caller);
  }

  /** As far as it was told. */
  isGivenUp(tenantId: string): boolean {
    return this.options.revocations.isTenantDeactivated(tenantId);
  }

  private told({ tenantId, sessionId, apiKeyId }: Caller): Standing {
    const { revocations } = this.options;
    return {
      tenantSuspended: tenantId !== null && revocations.isTenantSuspended(tenantId),
      tenantDeactivated: tenantId !== null && revocations.isTenantDeactivated(tenantId),
      sessionRevoked: sessionId !== undefined && revocations.isSessionRevoked(sessionId),
      apiKeyRevoked: apiKeyId !== undefined && revocations.isApiKeyRevoked(apiKeyId),
    };
  }

  private confirm(caller: Caller): void {
    this.confirmed.set(nameOf(caller), true, this.nowMs + KNOWN_MS);
  }

  private get nowMs(): number {
    return this.clock.now().getTime();
  }
}

/** The credential before the tenant: who has lost it learns nothing more. */
function refuseBy({ sessionRevoked, apiKeyRevoked, tenantSuspended, tenantDeactivated }: Standing): void {
  if (sessionRevoked) throw callerErrors.sessionRevoked();
  if (apiKeyRevoked) throw callerErrors.apiKeyInvalid();
  if (tenantDeactivated) throw callerErrors.tenantDeactivated();
  if (tenantSuspended) throw callerErrors.tenantSuspended();
}

function nameOf({ tenantId, sessionId, apiKeyId }: Caller): string {
  return [sessionId, apiKeyId, tenantId].join(' ');
}
