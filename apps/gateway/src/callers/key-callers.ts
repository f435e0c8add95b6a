import { Injectable } from '@nestjs/common';
import { authErrors } from '@plinth/auth';
import type { Principal, RequestContext } from '@plinth/http';
import { ApiKeyUses } from './api-key-uses.js';
import { ApiKeys } from './api-keys.js';
import { callerErrors } from './callers.errors.js';
import { Denials } from './denials.js';

/** Callers by API key: from where they are taken, and that they were. */
@Injectable()
export class KeyCallers {
  constructor(
    private readonly apiKeys: ApiKeys,
    private readonly uses: ApiKeyUses,
    private readonly denials: Denials,
  ) {}

  /**
   * @param wanted the tenant that the request names, which has to be the key's own
   * @returns what finds out, now and again, who the key is
   * @throws Problem `api_key_invalid` (401), `tenant_forbidden`; the finding also `address_not_allowed` (403)
   */
  async find(key: string, wanted: string | undefined, context: RequestContext): Promise<() => Promise<Principal>> {
    const { principal } = await this.apiKeys.verify(key);
    if (wanted !== undefined && wanted !== principal.tenantId) throw authErrors.tenantForbidden();
    return async () => await this.fromHere(principal.id, context);
  }

  /** That the caller was let in just now. */
  noteUse({ type, id }: Principal): void {
    if (type === 'api_key' && id !== null) this.uses.note(id);
  }

  private async fromHere(id: string, context: RequestContext): Promise<Principal> {
    const { principal, isAllowedFrom } = await this.apiKeys.verifyAgain(id);
    if (isAllowedFrom(context.clientIp)) return principal;
    await this.denials.tell(principal, context);
    throw callerErrors.addressNotAllowed();
  }
}
