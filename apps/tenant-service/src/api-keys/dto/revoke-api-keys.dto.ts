import { OptionalBody } from '@plinth/http';
import { IsOptional, IsString, Length } from 'class-validator';

@OptionalBody()
export class RevokeApiKeysDto {
  /** For the tenant's audit trail. */
  @IsOptional()
  @IsString()
  @Length(1, 500)
  reason?: string;
}
