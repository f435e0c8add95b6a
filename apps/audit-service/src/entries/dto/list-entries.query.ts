import type { AuditOutcome } from '@plinth/contracts';
import { IsIn, IsISO8601, IsOptional, IsString, Length, Matches } from 'class-validator';

const outcomes: readonly AuditOutcome[] = ['success', 'failure', 'denied'];

/** A day, or a time with its zone: one without would mean another moment on every server. */
const momentPattern = /^\d{4}-\d{2}-\d{2}(T.*(Z|[+-]\d{2}:\d{2}))?$/;
const momentMessage = '$property must be a day or a time with its zone, as 2026-11-22 or 2026-11-22T08:00:00Z';

/** `GET /v1/audit/entries`: every filter narrows the list. */
export class ListEntriesQuery {
  /** The actor's id. */
  @IsOptional()
  @IsString()
  @Length(1, 100)
  actor?: string;

  @IsOptional()
  @IsString()
  @Length(1, 100)
  action?: string;

  @IsOptional()
  @IsString()
  @Length(1, 100)
  resourceType?: string;

  @IsOptional()
  @IsString()
  @Length(1, 200)
  resourceId?: string;

  @IsOptional()
  @IsIn(outcomes)
  outcome?: AuditOutcome;

  /** First moment that is in the list. */
  @IsOptional()
  @IsISO8601({ strict: true }, { message: momentMessage })
  @Matches(momentPattern, { message: momentMessage })
  from?: string;

  /** First moment that is not in the list any more. */
  @IsOptional()
  @IsISO8601({ strict: true }, { message: momentMessage })
  @Matches(momentPattern, { message: momentMessage })
  to?: string;

  /** Text that occurs, in any case, in actor, action, resource, reason, before or after; personal values are not searched. */
  @IsOptional()
  @IsString()
  @Length(1, 200)
  q?: string;

  @IsOptional()
  @Matches(/^([1-9]\d?|1\d\d|200)$/, { message: 'limit must be a whole number from 1 to 200' })
  limit?: string;

  @IsOptional()
  @IsString()
  @Length(1, 500)
  cursor?: string;
}
