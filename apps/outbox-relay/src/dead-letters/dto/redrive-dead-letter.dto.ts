import { OptionalBody } from '@plinth/http';
import { IsBoolean, IsOptional, IsString, Length } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** `POST /v1/admin/dead-letters/{id}/redrive`. */
@OptionalBody()
export class RedriveDeadLetterDto {
  @IsOptional()
  @IsBoolean()
  @JSONSchema({ description: 'Also where it was sent again too often, or discarded. Needs a reason.' })
  force?: boolean;

  @IsOptional()
  @IsString()
  @Length(1, 500)
  @JSONSchema({ description: 'For the platform’s audit trail.' })
  reason?: string;
}
