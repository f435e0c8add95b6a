import { Injectable } from '@nestjs/common';
import { authErrors, canUseCapability } from '@plinth/auth';
import { capabilities, type Capability } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import type { Principal, RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AuditTrail } from '@plinth/outbox';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { outstandingView } from '../consents/consent-view.js';
import { listOutstandingConsents } from '../consents/consents.repository.js';
import type { CallerView, SessionView } from './caller-view.js';
import { SessionEnd } from './session-end.js';
import { sessionErrors } from './sessions.errors.js';
import { SessionsRepository } from './sessions.repository.js';

/** What callers see of themselves, and end of their own. */
@Injectable()
export class OwnSessionsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly accounts: AccountsRepository,
    private readonly sessions: SessionsRepository,
    private readonly ending: SessionEnd,
    private readonly audit: AuditTrail,
  ) {}

  /** Who has signed in, where it belongs, and what it may do in the active tenant. @throws Problem `session_required` (403) for a caller without a session */
  async describeCaller(ctx: RequestContext): Promise<CallerView> {
    const { accountId, sessionId } = sessionOf(ctx.principal);
    const { tenantId, roles } = ctx.principal;
    const isOperator = ctx.principal.type === 'operator';
    const { email, outstanding } = await this.transactor.read(ctx, async (conn) => ({
      email: await this.accounts.getEmail(conn, accountId),
      outstanding: isOperator ? [] : await listOutstandingConsents(conn, accountId),
    }));
    const account = await this.accounts.findSessionAccount(accountId);
    return {
      type: isOperator ? 'operator' : 'user',
      user: { id: accountId, email },
      sessionId,
      memberships: (account?.memberships ?? []).map(({ tenantId: of, roles: held }) => ({ tenantId: of, roles: held })),
      activeTenant: tenantId === null ? null : { id: tenantId, roles },
      capabilities: capabilitiesHeldBy(ctx.principal),
      outstandingConsents: outstanding.map(outstandingView),
    };
  }

  /** The caller's sessions that have not ended, newest first. @throws Problem `session_required` (403) for a caller without one */
  async listSessions(ctx: RequestContext): Promise<{ readonly data: readonly SessionView[] }> {
    const { accountId, sessionId } = sessionOf(ctx.principal);
    const sessions = await this.transactor.read(ctx, (conn) => this.sessions.listOpen(conn, accountId, systemClock.now()));
    return {
      data: sessions.map(({ id, createdAt, refreshedAt, expiresAt, userAgent, ip }) => ({
        id,
        current: id === sessionId,
        createdAt: createdAt.toISOString(),
        refreshedAt: refreshedAt?.toISOString() ?? null,
        lastUsedAt: (refreshedAt ?? createdAt).toISOString(),
        expiresAt: expiresAt.toISOString(),
        userAgent,
        ip,
      })),
    };
  }

  /** @throws Problem `session_not_found` (404) for one that is not the caller's or has ended; `session_required` (403) for a caller without one */
  async endSession(ctx: RequestContext, id: string): Promise<void> {
    sessionOf(ctx.principal);
    await this.transactor.run(ctx, async (tx) => {
      this.audit.record(tx, ctx, { action: 'session.revoke', resource: { type: 'session', id } });
      if (!(await this.ending.revoke(tx, ctx, id, 'revoked'))) throw sessionErrors.sessionNotFound();
    });
  }
}

export function sessionOf({ id, sessionId }: Principal): { readonly accountId: string; readonly sessionId: string } {
  if (id === null || sessionId === undefined) throw authErrors.sessionRequired();
  return { accountId: id, sessionId };
}

/** What the guards would let it do now: without a credential that is asked for, or behind its end, a capability is none. */
function capabilitiesHeldBy(principal: Principal): Capability[] {
  return (Object.keys(capabilities) as Capability[]).filter((capability) => canUseCapability(principal, capability)).sort();
}
