import { IsString, Length, MaxLength, MinLength } from 'class-validator';

export class ResetPasswordDto {
  /** As the e-mail has it. */
  @IsString()
  @Length(20, 200)
  token!: string;

  /** As at sign-up. */
  @IsString()
  @MinLength(8)
  @MaxLength(200)
  password!: string;
}
