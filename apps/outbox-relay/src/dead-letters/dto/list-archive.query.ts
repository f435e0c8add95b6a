import { PageQuery } from '@plinth/http';
import { IsOptional, IsString, Length, Matches } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** `GET /v1/admin/dead-letters/archive`. */
export class ListArchiveQuery extends PageQuery {
  @IsOptional()
  @IsString()
  @Length(1, 249)
  @JSONSchema({ description: 'The consumer group that failed.' })
  group?: string;

  @IsOptional()
  @Matches(/^[0-9a-f]{16}$/, { message: 'fingerprint must be 16 hexadecimal digits' })
  fingerprint?: string;
}
