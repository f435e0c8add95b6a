import { Injectable } from '@nestjs/common';
import type { PlatformRole } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { newId, systemClock } from '@plinth/kernel';
import { AuditTrail, type AuditOrigin } from '@plinth/outbox';
import { PasswordHasher } from '../accounts/password-hasher.js';
import { operatorErrors } from './operators.errors.js';
import { OperatorsRepository } from './operators.repository.js';

/** What a bootstrap found and did. */
export type BootstrapOutcome = 'created' | 'changed' | 'unchanged';

const roles: readonly PlatformRole[] = ['PLATFORM_ADMIN'];

/** Whoever runs the command: it has no principal, and holds the system role's password. */
const origin: AuditOrigin = {
  tenantId: null,
  principal: { type: 'service', id: 'bootstrap-operator' },
  requestId: null,
  traceId: null,
  traceparent: null,
  clientIp: null,
  userAgent: null,
};

@Injectable()
export class OperatorsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly operators: OperatorsRepository,
    private readonly hasher: PasswordHasher,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Sees to it that there is an operator who signs in with these; run again it changes nothing, and with
   * another password it sets that one.
   *
   * @throws Problem `operator_email_taken` (409) where the address is that of somebody else's account: whoever signed up
   *   with it first must not become an operator by that
   */
  async bootstrap(email: string, password: string): Promise<BootstrapOutcome> {
    const known = await this.operators.findCandidate(email);
    if (known !== null && known.roles === null) throw operatorErrors.emailTaken();
    const rightPassword = await this.hasher.verify(known?.passwordHash ?? null, password);
    const rightRoles = known?.roles?.join() === roles.join();
    if (known !== null && rightPassword && rightRoles) return 'unchanged';
    const passwordHash = await this.hasher.hash(password);
    const now = systemClock.now();
    const id = known?.id ?? newId();
    await this.transactor.runSystem('operator_bootstrap', async (tx) => {
      if (known === null) await this.operators.insert(tx, { id, email, passwordHash, roles, createdAt: now });
      else {
        await this.operators.savePassword(tx, id, passwordHash, now);
        await this.operators.saveRoles(tx, id, roles);
      }
      this.record(tx, id, known?.roles ?? null, known !== null && !rightPassword);
    });
    return known === null ? 'created' : 'changed';
  }

  private record(tx: Tx, id: string, rolesBefore: readonly string[] | null, passwordChanged: boolean): void {
    this.audit.record(tx, origin, {
      action: 'operator.bootstrap',
      resource: { type: 'account', id },
      before: rolesBefore === null ? null : { roles: rolesBefore },
      after: { roles, passwordChanged },
    });
  }
}
