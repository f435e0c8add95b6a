import { PageQuery } from '@plinth/http';
import { IsIn, IsOptional, IsString, Length } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { letterStatuses, type LetterStatus } from '../dead-letters.repository.js';

/** `GET /v1/admin/dead-letters`: every filter narrows the list. */
export class ListDeadLettersQuery extends PageQuery {
  @IsOptional()
  @IsString()
  @Length(1, 249)
  @JSONSchema({ description: 'The consumer group that failed.' })
  group?: string;

  @IsOptional()
  @IsString()
  @Length(1, 249)
  @JSONSchema({ description: 'The topic that the message first was in.' })
  topic?: string;

  @IsOptional()
  @IsString()
  @Length(1, 249)
  @JSONSchema({ description: 'The whole of the label, as `UndecodableEvent:malformed_json`.' })
  error?: string;

  @IsOptional()
  @IsIn(letterStatuses)
  status?: LetterStatus;
}
