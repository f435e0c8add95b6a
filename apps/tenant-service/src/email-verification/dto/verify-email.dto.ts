import { IsString, Length } from 'class-validator';

export class VerifyEmailDto {
  /** As the e-mail has it. */
  @IsString()
  @Length(20, 200)
  token!: string;
}
