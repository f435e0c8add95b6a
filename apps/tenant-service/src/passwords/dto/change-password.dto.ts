import { IsString, MaxLength, MinLength } from 'class-validator';
import { passwordLength } from '../password-rules.js';

export class ChangePasswordDto {
  @IsString()
  @MaxLength(passwordLength.max)
  currentPassword!: string;

  @IsString()
  @MinLength(passwordLength.min)
  @MaxLength(passwordLength.max)
  newPassword!: string;
}
