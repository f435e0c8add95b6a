import { authErrors } from '@plinth/auth';
import type { RequestContext } from '@plinth/http';
import { apiKeyView, type ApiKey } from './api-key.js';

/** Where an audit record holds what people call their keys. */
export const personalNames = { after: ['/after/name'], both: ['/before/name', '/after/name'] } as const;

/** An event of the key that says what it may. */
export function eventOf({ traceparent }: RequestContext, { id, tenantId, scopes }: ApiKey) {
  return { aggregateId: id, tenantId, traceparent, payload: { apiKeyId: id, tenantId, scopes: [...scopes] } };
}

/** The audit record of a change. */
export function changeOf(action: string, before: ApiKey, after: ApiKey, now: Date) {
  return {
    action,
    resource: { type: 'api_key', id: before.id },
    before: { ...apiKeyView(before, now) },
    after: { ...apiKeyView(after, now) },
    personal: personalNames.both,
  };
}

export function tenantOf({ tenantId }: RequestContext): string {
  if (tenantId === null) throw authErrors.tenantRequired();
  return tenantId;
}
