import { authErrors } from '@plinth/auth';
import { httpErrors } from '@plinth/http';
import { transferErrors, type CataloguedError } from '@plinth/kernel';
import { quotaErrors } from '@plinth/quotas';
import { upstreamErrors } from '@plinth/resilience';
import { callerErrors } from '../callers/callers.errors.js';
import { hardeningErrors } from '../hardening/hardening.errors.js';
import { proxyErrors } from '../proxy/proxy.errors.js';
import type { GatewayRoute } from '../routing/route-table.js';

const { unavailable, timedOut, answerInvalid, overloaded } = upstreamErrors;
const onTheWay: readonly CataloguedError[] = [unavailable, timedOut, answerInvalid, overloaded, httpErrors.internal];
const inTheRequest: readonly CataloguedError[] = [httpErrors.urlMalformed, httpErrors.urlTooLong, proxyErrors.headerMalformed, transferErrors.requestTimeout];

const { authenticationRequired, tokenInvalid, tokenExpired, tenantForbidden, verificationKeysMissing } = authErrors;
const { csrfTokenInvalid, crossSite, ...everyCaller } = callerErrors;
const ofTheCaller: readonly CataloguedError[] = [
  ...[authenticationRequired, tokenInvalid, tokenExpired, tenantForbidden, verificationKeysMissing],
  ...Object.values(everyCaller),
];
const ofAForger: readonly CataloguedError[] = [csrfTokenInvalid, crossSite];

/** What the gateway itself can answer on a route, before and instead of its service. */
export function gatewayErrorsOf({ access, method, dialect, free }: GatewayRoute): readonly CataloguedError[] {
  return [
    ...inTheRequest,
    ...onTheWay,
    // What is no HTTP at all has no route yet, and so no dialect but the problem document.
    ...(dialect === undefined ? Object.values(hardeningErrors) : []),
    ...(method === 'GET' ? [proxyErrors.bodyUnexpected] : [transferErrors.bodyTooLarge]),
    ...(typeof access === 'object' ? [] : ofTheCaller),
    ...(typeof access === 'object' || method === 'GET' ? [] : ofAForger),
    ...(access === 'principal' && free !== true ? Object.values(quotaErrors) : []),
  ];
}
