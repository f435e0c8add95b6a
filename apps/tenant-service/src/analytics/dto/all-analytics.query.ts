import { PageQuery } from '@plinth/http';
import { IsISO8601, IsOptional, Matches } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { dayMessage, dayPattern } from './analytics.query.js';

/** Days of each tenant's own time zone. */
export class AllAnalyticsQuery extends PageQuery {
  @IsOptional()
  @IsISO8601({ strict: true }, { message: dayMessage })
  @Matches(dayPattern, { message: dayMessage })
  @JSONSchema({ description: 'The first day; by default the first of the month in which `to` is.' })
  from?: string;

  @IsOptional()
  @IsISO8601({ strict: true }, { message: dayMessage })
  @Matches(dayPattern, { message: dayMessage })
  @JSONSchema({ description: 'The last day, which belongs to it; by default today in UTC. 366 days at most.' })
  to?: string;
}
