import { IsString, Length, MaxLength } from 'class-validator';

/** Whatever is not the caller's password is answered 403, not how it is malformed. */
export class PasswordDto {
  @IsString()
  @MaxLength(200)
  password!: string;
}

/** Of the authenticator app, or a recovery code. */
export class CodeDto {
  @IsString()
  @Length(1, 40)
  code!: string;
}

export class ResetSecondFactorDto {
  /** For the audit trail: how it is known that the account's owner asks. */
  @IsString()
  @Length(1, 500)
  reason!: string;
}

export class PasswordAndCodeDto extends PasswordDto {
  @IsString()
  @Length(1, 40)
  code!: string;
}
