import { randomBytes } from 'node:crypto';
import { InternalIdentityMinter, KeyRing } from '@plinth/auth';
import type { ServiceName } from '@plinth/contracts';
import { anonymous, type Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';

/** A fresh entry for a key ring that can sign. */
export const randomSeed = () => `seed.${randomBytes(32).toString('base64url')}`;

/** The gateway's side of a call, for tests of one service: signs requests as the real one does. */
export class TestGateway {
  /** For the service's configuration: `INTERNAL_SIGNING_KEYS` and `INTERNAL_HMAC_SECRET`. */
  readonly internalKeys: readonly string[] = [randomSeed()];
  readonly internalHmacSecrets: readonly Buffer[] = [randomBytes(32)];
  private readonly minter = new InternalIdentityMinter({
    service: 'gateway',
    keys: KeyRing.of(this.internalKeys),
    secrets: this.internalHmacSecrets,
  });

  constructor(private readonly audience: ServiceName) {}

  /** The headers of one call; the signature holds for this method and path alone, and not for long. */
  async headersFor(method: string, path: string, principal: Principal = anonymous): Promise<Record<string, string>> {
    const call = { audience: this.audience, principal, method, path, requestId: newId(), clientIp: '203.0.113.7', userAgent: 'test-agent/1.0' };
    return { ...(await this.minter.headersFor(call)) };
  }
}
