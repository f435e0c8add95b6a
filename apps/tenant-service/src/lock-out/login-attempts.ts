import { createHmac, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Transactor, type Tx } from '@plinth/database';
import { deriveKey } from '@plinth/kernel';
import { TenantServiceConfig } from '../config.js';
import { addressBlock } from './address-block.js';
import { lockOutErrors } from './lock-out.errors.js';
import { LoginAttemptsRepository, type AttemptKeys } from './login-attempts.repository.js';

/** The name of the transactions, which come before anybody is known. */
const countAttempts = 'count_login_attempts';

/** A try that has been counted and may be made. */
export interface Attempt {
  readonly email: string;
  readonly clientIp: string | null;
  /** Whether the next one has to wait if this one fails. */
  readonly locks: boolean;
}

/**
 * Bounds how often passwords of an account are tried, from one address and from all.
 *
 * An address that has signed in to the account counts for itself alone, so nobody else's failures lock its owner out there.
 * An account that does not exist is counted like any other: what is stored is an HMAC of the address under a server secret.
 */
@Injectable()
export class LoginAttempts {
  private readonly key: KeyObject;

  constructor(
    private readonly transactor: Transactor,
    private readonly attempts: LoginAttemptsRepository,
    config: TenantServiceConfig,
  ) {
    const [secret] = config.idempotencySecrets;
    if (secret === undefined) throw new Error('counting sign-ins needs a secret');
    // Counts under an older secret of the ring are lost with its rotation: they last an hour.
    this.key = deriveKey(secret, 'plinth login attempts v1');
  }

  /**
   * Counts a try before it is made. It is kept whatever becomes of the request.
   *
   * @param email normalized
   * @throws Problem `too_many_attempts` (429) with Retry-After; nothing is counted then
   */
  async begin(email: string, clientIp: string | null): Promise<Attempt> {
    return await this.transactor.runSystem(countAttempts, async (tx) => {
      const { waitSeconds, locks } = await this.attempts.count(tx, this.keysOf(email, clientIp));
      if (waitSeconds > 0) throw lockOutErrors.tooManyAttempts(waitSeconds);
      return { email, clientIp, locks };
    });
  }

  /** Whoever tried has shown who they are: the address is known from now on, and begins anew. With the transaction of what they are let do: where that fails, the try stays counted. */
  async succeeded(tx: Tx, { email, clientIp }: Pick<Attempt, 'email' | 'clientIp'>): Promise<void> {
    await this.attempts.takeBack(tx, this.keysOf(email, clientIp));
  }

  private keysOf(email: string, clientIp: string | null): AttemptKeys {
    const block = addressBlock(clientIp);
    return { address: this.mac('address', email, block), account: this.mac('account', email), known: this.mac('known', email, block) };
  }

  private mac(...parts: readonly string[]): Buffer {
    return createHmac('sha256', this.key).update(JSON.stringify(parts)).digest();
  }
}
