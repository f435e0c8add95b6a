import { IsOptional, IsString, Length, MaxLength } from 'class-validator';

export class RequestErasureDto {
  @IsString()
  @MaxLength(200)
  password!: string;

  /** Of the authenticator app, or a recovery code: where the account has a second factor. */
  @IsOptional()
  @IsString()
  @Length(1, 40)
  code?: string;
}
