import type { AuditOutcome } from '@plinth/contracts';
import { PageQuery } from '@plinth/http';
import { IsIn, IsISO8601, IsOptional, IsString, Length, Matches } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { auditOutcomes } from '../entry-view.js';

/** A day, or a time with its zone: one without would mean another moment on every server. */
const momentPattern = /^\d{4}-\d{2}-\d{2}(T.*(Z|[+-]\d{2}:\d{2}))?$/;
const momentMessage = '$property must be a day or a time with its zone, as 2026-11-22 or 2026-11-22T08:00:00Z';

/** `GET /v1/audit/entries`: every filter narrows the list. */
export class ListEntriesQuery extends PageQuery {
  @IsOptional()
  @IsString()
  @Length(1, 100)
  @JSONSchema({ description: 'The actor’s id.' })
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
  @IsIn(auditOutcomes)
  outcome?: AuditOutcome;

  @IsOptional()
  @IsISO8601({ strict: true }, { message: momentMessage })
  @Matches(momentPattern, { message: momentMessage })
  @JSONSchema({ description: 'The first moment that is in the list: a day, or a time with its zone.' })
  from?: string;

  @IsOptional()
  @IsISO8601({ strict: true }, { message: momentMessage })
  @Matches(momentPattern, { message: momentMessage })
  @JSONSchema({ description: 'The first moment that is not in the list any more.' })
  to?: string;

  @IsOptional()
  @IsString()
  @Length(1, 200)
  @JSONSchema({ description: 'Text that occurs, in any case, in actor, action, resource, reason, before or after; personal values are not searched.' })
  q?: string;
}
