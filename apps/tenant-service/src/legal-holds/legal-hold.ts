import { shape, type Described } from '@plinth/http';

/** What is held, by whom and why. */
export interface LegalHold {
  readonly id: string;
  /** Null: the platform's, on a person wherever there is something of them. */
  readonly tenantId: string | null;
  /** Null: on the whole tenant. */
  readonly accountId: string | null;
  readonly reason: string;
  readonly placedBy: string;
  readonly byOperator: boolean;
  readonly placedAt: Date;
  readonly releasedAt: Date | null;
  readonly releasedBy: string | null;
  readonly releaseReason: string | null;
}

export type NewLegalHold = Omit<LegalHold, 'releasedAt' | 'releasedBy' | 'releaseReason'>;

export const legalHoldShape = shape.named(
  'LegalHold',
  shape.record({
    id: shape.uuid(),
    tenantId: shape.nullable(shape.uuid('Null: on a person wherever there is something of them.')),
    accountId: shape.nullable(shape.uuid('Null: on the whole tenant, with its members.')),
    reason: shape.text(),
    placedBy: shape.uuid('The account, or the API key.'),
    byOperator: shape.boolean('What operators have placed, operators alone release.'),
    placedAt: shape.dateTime(),
    releasedAt: shape.nullable(shape.dateTime('Null while it holds.')),
    releasedBy: shape.nullable(shape.uuid()),
    releaseReason: shape.nullable(shape.text()),
  }),
);
export type LegalHoldView = Described<typeof legalHoldShape>;

export function legalHoldView({ placedAt, releasedAt, ...hold }: LegalHold): LegalHoldView {
  return { ...hold, placedAt: placedAt.toISOString(), releasedAt: releasedAt?.toISOString() ?? null };
}
