import { PageQuery } from '@plinth/http';
import { IsIn, IsISO8601, IsOptional, IsString, Length, Matches } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { tenantStatuses, tenantTiers, type TenantStatus, type TenantTier } from '../tenant.entity.js';

/** A day, or a time with its zone: one without would mean another moment on every server. */
const momentPattern = /^\d{4}-\d{2}-\d{2}(T.*(Z|[+-]\d{2}:\d{2}))?$/;
const momentMessage = '$property must be a day or a time with its zone, as 2026-11-22 or 2026-11-22T08:00:00Z';

/** `GET /v1/tenants`: every filter narrows the list. They are for operators; who lists its own has few. */
export class ListTenantsQuery extends PageQuery {
  @IsOptional()
  @IsIn(tenantStatuses)
  status?: TenantStatus;

  @IsOptional()
  @IsIn(tenantTiers)
  tier?: TenantTier;

  @IsOptional()
  @IsString()
  @Length(1, 200)
  @JSONSchema({ description: 'Words: name or slug have each of them at the begin of a word.' })
  q?: string;

  @IsOptional()
  @IsISO8601({ strict: true }, { message: momentMessage })
  @Matches(momentPattern, { message: momentMessage })
  @JSONSchema({ description: 'The first moment of creation that is in the list: a day, or a time with its zone.' })
  createdFrom?: string;

  @IsOptional()
  @IsISO8601({ strict: true }, { message: momentMessage })
  @Matches(momentPattern, { message: momentMessage })
  @JSONSchema({ description: 'The first moment of creation that is not in the list any more.' })
  createdTo?: string;
}
