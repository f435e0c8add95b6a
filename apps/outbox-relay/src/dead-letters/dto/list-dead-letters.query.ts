import { IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';
import { letterStatuses, type LetterStatus } from '../dead-letters.repository.js';

/** `GET /v1/admin/dead-letters`: every filter narrows the list. */
export class ListDeadLettersQuery {
  /** The consumer group that failed. */
  @IsOptional()
  @IsString()
  @Length(1, 249)
  group?: string;

  /** The topic that the message first was in. */
  @IsOptional()
  @IsString()
  @Length(1, 249)
  topic?: string;

  /** The whole of the label, as `UndecodableEvent:malformed_json`. */
  @IsOptional()
  @IsString()
  @Length(1, 249)
  error?: string;

  @IsOptional()
  @IsIn(letterStatuses)
  status?: LetterStatus;

  @IsOptional()
  @Matches(/^([1-9]\d?|1\d\d|200)$/, { message: 'limit must be a whole number from 1 to 200' })
  limit?: string;

  @IsOptional()
  @IsString()
  @Length(1, 500)
  cursor?: string;
}
