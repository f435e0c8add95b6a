import { IsIn, IsISO8601, IsOptional, Matches } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

export const dayPattern = /^[12]\d{3}-\d{2}-\d{2}$/;
export const dayMessage = '$property must be a day, as 2026-11-22';

export const granularities = ['day', 'month'] as const;
export type Granularity = (typeof granularities)[number];

/** Days of the tenant's time zone. */
export class AnalyticsQuery {
  @IsOptional()
  @IsISO8601({ strict: true }, { message: dayMessage })
  @Matches(dayPattern, { message: dayMessage })
  @JSONSchema({ description: 'The first day, in the tenant’s time zone; by default the first of the month in which `to` is.' })
  from?: string;

  @IsOptional()
  @IsISO8601({ strict: true }, { message: dayMessage })
  @Matches(dayPattern, { message: dayMessage })
  @JSONSchema({ description: 'The last day, which belongs to it; by default today. 366 days at most.' })
  to?: string;

  @IsOptional()
  @IsIn(granularities)
  @JSONSchema({ description: 'What a row of `series` stands for; by default a day.' })
  granularity?: Granularity;
}
