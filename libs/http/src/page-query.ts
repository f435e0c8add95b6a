import { IsOptional, IsString, Length, Matches } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** Items of a page where the caller does not say, and at most (contract: "Lists"). */
export const defaultPageSize = 50;
export const maxPageSize = 200;

/** The query of every list; one with filters extends it. */
export class PageQuery {
  @IsOptional()
  @Matches(/^([1-9]\d?|1\d\d|200)$/, { message: `limit must be a whole number from 1 to ${maxPageSize}` })
  @JSONSchema(() => ({ type: 'integer', minimum: 1, maximum: maxPageSize, default: defaultPageSize, description: 'Items of a page.' }))
  limit?: string;

  @IsOptional()
  @IsString()
  @Length(1, 500)
  @JSONSchema({ description: '`nextCursor` of the page before.' })
  cursor?: string;
}
