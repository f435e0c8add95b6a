import { IsString, Length, MaxLength, MinLength } from 'class-validator';
import { passwordLength } from '../password-rules.js';

export class ResetPasswordDto {
  /** As the e-mail has it. */
  @IsString()
  @Length(20, 200)
  token!: string;

  /** As at sign-up. */
  @IsString()
  @MinLength(passwordLength.min)
  @MaxLength(passwordLength.max)
  password!: string;
}
