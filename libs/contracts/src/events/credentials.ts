import { credentialKinds, type CredentialKind } from '../capabilities.js';
import { defineEvent, field } from './event-definition.js';

/** A credential of a member: ids, its kind and its end. Neither its number nor who issued it. */
export interface CredentialV1Payload {
  credentialId: string;
  tenantId: string;
  accountId: string;
  kind: CredentialKind;
  /** From then on it counts for nothing. */
  expiresAt: string;
}

const credential = field.record({
  credentialId: field.uuid,
  tenantId: field.uuid,
  accountId: field.uuid,
  kind: { enum: [...credentialKinds] },
  expiresAt: field.described('From then on it counts for nothing.', field.dateTime),
});
const common = { topic: 'plinth.tenancy', aggregateType: 'credential', schema: credential } as const;

export const CredentialSubmittedV1 = defineEvent<CredentialV1Payload>()({ type: 'credential.submitted', version: 1, ...common, description: 'A member of a tenant submitted a credential.' });
export const CredentialVerifiedV1 = defineEvent<CredentialV1Payload>()({ type: 'credential.verified', version: 1, ...common, description: 'A credential was verified: it counts until it expires.' });
export const CredentialRejectedV1 = defineEvent<CredentialV1Payload>()({ type: 'credential.rejected', version: 1, ...common, description: 'A credential was looked at and not verified.' });
export const CredentialWithdrawnV1 = defineEvent<CredentialV1Payload>()({ type: 'credential.withdrawn', version: 1, ...common, description: 'A credential was taken back, by its member or by who may verify: it counts for nothing.' });
export const CredentialExpiringV1 = defineEvent<CredentialV1Payload>()({ type: 'credential.expiring', version: 1, ...common, description: 'A verified credential expires within 30 days.' });
export const CredentialExpiredV1 = defineEvent<CredentialV1Payload>()({ type: 'credential.expired', version: 1, ...common, description: 'A verified credential expired.' });
