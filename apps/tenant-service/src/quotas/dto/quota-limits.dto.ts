import { maxQuotaUnits, quotaMetricNames, type QuotaMetric } from '@plinth/contracts';
import { IsIn, IsInt, IsOptional, IsString, Length, Max, Min, ValidateIf } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** JSON Schema has null as a type; the decorator's types are those of OpenAPI 3.0, which had not. */
const nullableUnits = { type: ['integer', 'null'] } as object;

export class SetQuotaLimitDto {
  /** Null for the tier's own. */
  @ValidateIf((dto: SetQuotaLimitDto) => dto.limit !== null)
  @IsInt()
  @Min(0)
  @Max(maxQuotaUnits)
  @JSONSchema({ ...nullableUnits })
  limit!: number | null;

  /** For the tenant's audit trail, which its owner reads. */
  @IsString()
  @Length(1, 500)
  reason!: string;
}

export class ResetQuotasDto {
  /** All that are counted by the month where there is none. */
  @IsOptional()
  @IsIn(quotaMetricNames)
  metric?: QuotaMetric;

  /** For the tenant's audit trail, which its owner reads. */
  @IsString()
  @Length(1, 500)
  reason!: string;
}
