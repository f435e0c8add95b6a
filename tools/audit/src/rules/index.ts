import { breaker } from './breaker.ts';
import { capability } from './capability.ts';
import { errors } from './errors.ts';
import { idempotency } from './idempotency.ts';
import { outbox } from './outbox.ts';
import { pii } from './pii.ts';
import type { Rule } from './rule.ts';
import { serviceLayer } from './service-layer.ts';
import { versioning } from './versioning.ts';

/** The eight rules (docs/audit.md), in their order. */
export const rules: readonly Rule[] = [idempotency, serviceLayer, breaker, outbox, capability, pii, versioning, errors];
