import type { ResourceCondition } from '@plinth/contracts';
import type { GrantedAccess } from '@plinth/http';
import { authErrors } from './auth.errors.js';

/**
 * What the guard let a caller in for (ADR 0021). Where every way to the capability has a condition, the service that has
 * the resource in hand asks `require` or `reach`; a request that ends without is an error.
 */
export class AccessGrant implements GrantedAccess {
  private asked = false;

  /** @param ways each one enough; all conditions of a way must hold */
  constructor(private readonly ways: readonly (readonly ResourceCondition[])[]) {}

  /** Whether one of the ways has no condition, or the service has asked. */
  get settled(): boolean {
    return this.asked || this.ways.some(({ length }) => length === 0);
  }

  /** @throws Problem `not_found` (404) where no way holds: what the caller may not reach is not there */
  require(facts: Readonly<Partial<Record<ResourceCondition, boolean>>>): void {
    this.asked = true;
    const reached = this.ways.some((conditions) => conditions.every((condition) => facts[condition] === true));
    if (!reached) throw authErrors.resourceNotFound();
  }

  /** Whoever asks must keep the list to these ways: the grant counts as settled from then on. */
  reach(): readonly (readonly ResourceCondition[])[] {
    this.asked = true;
    return this.ways;
  }
}
