import { operatorAccessEnds, operatorAccessMinutes, operatorAccessRefusals, type OperatorAccessEnd, type OperatorAccessRefusal } from '@plinth/contracts';
import { shape, type Described } from '@plinth/http';
import { operatorAccessErrors } from './operator-access.errors.js';

const minuteMs = 60_000;

export const operatorAccessStatuses = ['requested', 'granted', 'refused', 'ended'] as const;
export type OperatorAccessStatus = (typeof operatorAccessStatuses)[number];

/** An operator's access to a tenant, from the request on. */
export interface OperatorAccess {
  readonly id: string;
  readonly tenantId: string;
  readonly operatorId: string;
  readonly capabilities: readonly string[];
  readonly reason: string;
  /** How long it lasts from the moment at which it is granted. */
  readonly minutes: number;
  readonly status: OperatorAccessStatus;
  readonly requestedAt: Date;
  /** Until when it waits for an answer. */
  readonly answerBy: Date;
  readonly decidedAt: Date | null;
  /** Null for the tenant's policy, and where nobody answered. */
  readonly decidedBy: string | null;
  /** From then on it is over, whether a row says so or not. */
  readonly expiresAt: Date | null;
  readonly endedAt: Date | null;
  readonly endedBy: string | null;
  /** Why it was refused or ended. */
  readonly cause: OperatorAccessRefusal | OperatorAccessEnd | null;
  /** Counts the changes; the entity tag. */
  readonly version: number;
}

export interface NewOperatorAccess extends Pick<OperatorAccess, 'id' | 'tenantId' | 'operatorId' | 'capabilities' | 'reason' | 'minutes'> {
  readonly now: Date;
}

/** Asked for: it waits for a day. */
export function requestedAccess({ now, ...asked }: NewOperatorAccess): OperatorAccess {
  return {
    ...asked,
    ...{ status: 'requested', requestedAt: now, answerBy: new Date(now.getTime() + operatorAccessMinutes.untilAnswered * minuteMs) },
    ...{ decidedAt: null, decidedBy: null, expiresAt: null, endedAt: null, endedBy: null, cause: null, version: 1 },
  };
}

/** @param by null for the tenant's policy @throws Problem `operator_access_not_open` (409) where it waits no more */
export function grant(access: OperatorAccess, by: string | null, now: Date): OperatorAccess {
  if (access.status !== 'requested' || isOver(access, now)) throw operatorAccessErrors.notOpen();
  return { ...access, status: 'granted', decidedAt: now, decidedBy: by, expiresAt: new Date(now.getTime() + access.minutes * minuteMs), version: access.version + 1 };
}

/** @param by null for the tenant's policy @throws Problem `operator_access_not_open` (409) where it waits no more */
export function refuse(access: OperatorAccess, cause: OperatorAccessRefusal, by: string | null, now: Date): OperatorAccess {
  if (access.status !== 'requested' || isOver(access, now)) throw operatorAccessErrors.notOpen();
  return { ...access, status: 'refused', decidedAt: now, decidedBy: by, cause, version: access.version + 1 };
}

/** @param by null for the tenant's policy @throws Problem `operator_access_not_open` (409) where it is none any more */
export function end(access: OperatorAccess, cause: OperatorAccessEnd, by: string | null, now: Date): OperatorAccess {
  if (access.status !== 'granted' || isOver(access, now)) throw operatorAccessErrors.notOpen();
  return { ...access, status: 'ended', endedAt: now, endedBy: by, cause, version: access.version + 1 };
}

/** Whether its time is over: it lasts no longer, or nobody has answered. What has come to an end before is not over by that. */
export function isOver({ status, expiresAt, answerBy }: OperatorAccess, now: Date): boolean {
  if (status === 'requested') return answerBy <= now;
  return status === 'granted' && expiresAt !== null && expiresAt <= now;
}

/** As it stands at that time: what is over by the clock is ended, or was refused unanswered, at the moment at which its time was over. */
export function asOf(access: OperatorAccess, now: Date): OperatorAccess {
  if (!isOver(access, now)) return access;
  const version = access.version + 1;
  if (access.status === 'requested') return { ...access, status: 'refused', decidedAt: access.answerBy, cause: 'unanswered', version };
  return { ...access, status: 'ended', endedAt: access.expiresAt, cause: 'expired', version };
}

/** As both sides see it: the operator's and the tenant's. */
export const operatorAccessShape = shape.named(
  'OperatorAccess',
  shape.record({
    id: shape.uuid(),
    tenantId: shape.uuid(),
    operatorId: shape.uuid('The account of the operator.'),
    capabilities: shape.list(shape.text(), 'What the operator may do in the tenant, and nothing else.'),
    reason: shape.text(),
    minutes: shape.integer('How long it lasts from the moment at which it is granted.'),
    status: shape.oneOf(operatorAccessStatuses),
    requestedAt: shape.dateTime(),
    answerBy: shape.dateTime('Until when a request waits for its answer.'),
    decidedAt: shape.nullable(shape.dateTime()),
    decidedBy: shape.nullable(shape.uuid('Null where the tenant’s policy decided, or nobody answered.')),
    expiresAt: shape.nullable(shape.dateTime('When it ends by itself.')),
    endedAt: shape.nullable(shape.dateTime()),
    endedBy: shape.nullable(shape.uuid()),
    cause: shape.nullable(shape.oneOf([...new Set([...operatorAccessRefusals, ...operatorAccessEnds])], 'Why it was refused or ended.')),
  }),
);
export type OperatorAccessView = Described<typeof operatorAccessShape>;

export function operatorAccessView(access: OperatorAccess): OperatorAccessView {
  const { id, tenantId, operatorId, capabilities, reason, minutes, status, decidedBy, endedBy, cause } = access;
  const { requestedAt, answerBy, decidedAt, expiresAt, endedAt } = access;
  return {
    ...{ id, tenantId, operatorId, capabilities, reason, minutes, status, requestedAt: requestedAt.toISOString(), answerBy: answerBy.toISOString() },
    ...{ decidedAt: decidedAt?.toISOString() ?? null, decidedBy, expiresAt: expiresAt?.toISOString() ?? null, endedAt: endedAt?.toISOString() ?? null, endedBy, cause },
  };
}
