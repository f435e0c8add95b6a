import { IsOptional, IsString, Length } from 'class-validator';
import { PasswordDto } from '../../second-factor/dto/second-factor.dto.js';

export class RequestErasureDto extends PasswordDto {
  /** Of the authenticator app, or a recovery code: where the account has a second factor. */
  @IsOptional()
  @IsString()
  @Length(1, 40)
  code?: string;
}
