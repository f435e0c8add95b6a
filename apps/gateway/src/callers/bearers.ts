import { ExpiringCache, type AccessTokenClaims } from '@plinth/auth';
import type { OperatorAccess } from '@plinth/http';
import { systemClock, type Clock } from '@plinth/kernel';
import { callerErrors } from './callers.errors.js';
import type { Revocations } from './revocations.js';

/** What a bearer belongs to and is there: what its token says, or what tenant-service says of it since. */
export interface BearerStanding extends Pick<AccessTokenClaims, 'memberships' | 'operatorRoles' | 'consentDueAt'> {
  /** Into which tenants an operator may look now. No token says it. */
  readonly accesses?: readonly TenantAccess[];
}

export interface TenantAccess extends OperatorAccess {
  readonly tenantId: string;
}

/** As long as a token from before a change can live, with room. */
const REMEMBERED_MS = 16 * 60_000;
/** Between two looks for a tenant that a bearer's token does not name, so that who tries ids asks seldom. */
const LOOK_AGAIN_MS = 1_000;
const CAPACITY = 16_384;

/**
 * What the bearers of tokens are by now. A token says it for ten minutes; the feed tells whose memberships have changed since, and for
 * these accounts tenant-service is asked, once a change.
 */
export class Bearers {
  private readonly known = new ExpiringCache<KnownStanding>(CAPACITY);
  private readonly lookups = new Map<string, Promise<KnownStanding>>();
  private readonly clock: Clock;

  constructor(
    private readonly options: {
      readonly revocations: Pick<Revocations, 'fresh' | 'sequence' | 'accountChangedAt'>;
      /** Asks tenant-service; rejects where there is no usable answer. */
      readonly find: (accountId: string) => Promise<BearerStanding>;
      readonly clock?: Clock;
    },
  ) {
    this.clock = options.clock ?? systemClock;
  }

  /** @throws Problem `caller_unconfirmed` (503) where the memberships have changed and what they are cannot be asked */
  async standingOf(claims: AccessTokenClaims): Promise<BearerStanding> {
    return inSession(claims, await this.currentOf(claims));
  }

  private async currentOf({ userId, ...told }: AccessTokenClaims): Promise<BearerStanding> {
    const { revocations } = this.options;
    const changedAt = revocations.accountChangedAt(userId);
    const known = this.knownOf(userId);
    if (revocations.fresh) {
      if (changedAt === 0) return known?.standing ?? told;
      if (known !== undefined && known.sequence >= changedAt) return known.standing;
    }
    try {
      return (await this.lookUp(userId)).standing;
    } catch (error) {
      // With the feed silent what is known may be old; where nobody can be asked, it is what there is, and it is confirmed for a minute at most.
      if (known !== undefined && known.sequence >= changedAt) return known.standing;
      if (changedAt === 0) return told;
      throw callerErrors.standingUnknown(error);
    }
  }

  /** For a tenant that a bearer names and its standing does not: it may have joined just now. Null where there is nothing newer to be had. */
  async lookAgain(claims: AccessTokenClaims): Promise<BearerStanding | null> {
    const known = this.knownOf(claims.userId);
    if (known !== undefined && this.nowMs - known.atMs < LOOK_AGAIN_MS) return inSession(claims, known.standing);
    try {
      return inSession(claims, (await this.lookUp(claims.userId)).standing);
    } catch {
      return null;
    }
  }

  private async lookUp(accountId: string): Promise<KnownStanding> {
    const begun = this.lookups.get(accountId);
    if (begun !== undefined) return await begun;
    // What is told from here on may be missing in the answer.
    const { sequence } = this.options.revocations;
    const lookup = this.options.find(accountId).then((standing) => {
      const known = { standing, sequence, atMs: this.nowMs };
      this.known.set(accountId, known, this.nowMs + REMEMBERED_MS);
      return known;
    });
    this.lookups.set(accountId, lookup);
    return await lookup.finally(() => this.lookups.delete(accountId));
  }

  private knownOf(accountId: string): KnownStanding | undefined {
    return this.known.get(accountId, this.nowMs);
  }

  private get nowMs(): number {
    return this.clock.now().getTime();
  }
}

/** Who is an operator may be none in a session without the second factor: a token without operator's roles comes to none. */
function inSession({ operatorRoles }: AccessTokenClaims, standing: BearerStanding): BearerStanding {
  if (operatorRoles.length > 0) return standing;
  const { accesses: _, ...ofAPerson } = standing;
  return { ...ofAPerson, operatorRoles: [] };
}

interface KnownStanding {
  readonly standing: BearerStanding;
  /** How far the feed had told when it was asked for. */
  readonly sequence: number;
  readonly atMs: number;
}
