import type { AuditRecordedV1Payload } from '@plinth/contracts';
import { newId, systemClock } from '@plinth/kernel';
import type { LogSubject } from './subject-keys.repository.js';

/** What an entry of an erasure says was done; verification looks for it. */
export const erasureAction = 'person.erase';
export const erasedResourceType = 'person';

/** What the log of a tenant says of an erased subject, of whom it says no more than the id. */
export function erasureEntry({ tenantId, subject }: LogSubject, erasureId: string): AuditRecordedV1Payload {
  return {
    ...{ entryId: newId(), tenantId, occurredAt: systemClock.now().toISOString() },
    ...{ actor: { type: 'service', id: 'audit-service' }, action: erasureAction, resource: { type: erasedResourceType, id: subject }, outcome: 'success' },
    ...{ ip: null, userAgent: null, requestId: null, traceId: null, reason: null, before: null, after: { erasureId }, personal: [] },
  };
}
