import { Injectable } from '@nestjs/common';
import { Transactor, type Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { newId } from '@plinth/kernel';
import type { ConsentDto } from '../accounts/dto/register.dto.js';
import { accountErrors } from '../accounts/accounts.errors.js';
import { PoliciesRepository } from '../policies/policies.repository.js';
import type { PolicyVersion } from '../policies/policies.js';
import { PolicyDocumentsService } from '../policies/policy-documents.service.js';
import { ConsentsRepository } from './consents.repository.js';

/** What an account agrees to as it is made. */
@Injectable()
export class SignUpConsents {
  constructor(
    private readonly transactor: Transactor,
    private readonly policies: PoliciesRepository,
    private readonly documents: PolicyDocumentsService,
    private readonly consents: ConsentsRepository,
  ) {}

  /** @returns the versions that are agreed to. @throws Problem `consent_missing` (422) for less than what is required, and for what is not in force */
  async require(ctx: RequestContext, given: readonly ConsentDto[]): Promise<readonly PolicyVersion[]> {
    const inForce = await this.transactor.read(ctx, (conn) => this.policies.listInForce(conn));
    const missing = inForce.filter((policy) => policy.required && !given.some((consent) => isTo(consent, policy)));
    const errors = [
      ...missing.map(({ document, version }) => ({ pointer: '/consents', detail: `needs ${document} ${version}` })),
      ...given.flatMap((consent, index) =>
        inForce.some((policy) => isTo(consent, policy)) ? [] : [{ pointer: `/consents/${index}`, detail: 'is not a current document and version (GET /v1/policies)' }],
      ),
    ];
    if (errors.length > 0) throw accountErrors.consentMissing(errors);
    return inForce.filter((policy) => given.some((consent) => isTo(consent, policy)));
  }

  async record(tx: Tx, accountId: string, agreedTo: readonly PolicyVersion[], at: Date, ip: string | null): Promise<void> {
    const consents = [];
    for (const policy of agreedTo) {
      const { document, version } = policy;
      consents.push({ id: newId(), document, version, textSha256: await this.documents.textAgreedTo(tx, policy, at) });
    }
    await this.consents.insert(tx, accountId, consents, at, ip);
  }
}

function isTo(consent: ConsentDto, policy: PolicyVersion): boolean {
  return consent.document === policy.document && consent.version === policy.version;
}
