import { PageQuery } from '@plinth/http';
import { IsIn, IsOptional, IsUUID, Matches } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { filtersIn, letterStatuses, type LetterFilters, type LetterStatus } from '../letter-filters.js';
import { withLetterFilters } from './letter-filter.fields.js';

/** `GET /v1/admin/dead-letters` and `.../groups`: every filter narrows the list. */
export class ListDeadLettersQuery extends withLetterFilters(PageQuery) {
  @IsOptional()
  @IsIn(letterStatuses)
  status?: LetterStatus;

  @IsOptional()
  @Matches(/^(0|[1-9]\d{0,5})$/, { message: 'minReplayCount must be a whole number from 0 to 999999' })
  @JSONSchema(() => ({ type: 'integer', minimum: 0, maximum: 999_999, description: 'How often it was sent again, at least.' }))
  minReplayCount?: string;

  @IsOptional()
  @IsUUID()
  @JSONSchema({ description: 'The redrive of many that it was sent by last.' })
  redriveId?: string;
}

export function filtersOf(query: ListDeadLettersQuery): LetterFilters {
  const { minReplayCount } = query;
  return filtersIn({ ...query, minReplayCount: minReplayCount === undefined ? undefined : Number(minReplayCount) });
}
