import { isTextList } from './text-list.js';
import { TokenRefused } from './strict-jwt.js';

/** The claim `cap` of both kinds of token: what roles of the tenant's own making grant. Undefined where that is nothing. */
export function capabilitiesClaim(capabilities: readonly string[] | undefined): { readonly cap?: readonly string[] } {
  return capabilities === undefined || capabilities.length === 0 ? {} : { cap: capabilities };
}

/** @throws TokenRefused where the claim has another form */
export function readCapabilities(claim: unknown): { readonly capabilities?: readonly string[] } {
  if (claim === undefined) return {};
  if (!isTextList(claim)) throw new TokenRefused('capabilities of a wrong type');
  return claim.length === 0 ? {} : { capabilities: [...claim] };
}
