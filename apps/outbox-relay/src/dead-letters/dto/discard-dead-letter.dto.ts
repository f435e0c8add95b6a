import { IsString, Length } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** `POST /v1/admin/dead-letters/{id}/discard`. */
export class DiscardDeadLetterDto {
  @IsString()
  @Length(1, 500)
  @JSONSchema({ description: 'Kept beside the letter and in the platform’s audit trail.' })
  reason!: string;
}
