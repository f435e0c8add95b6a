import { IsInt, ValidateIf } from 'class-validator';

export class SetRetentionDto {
  /** After the end; null for the platform's default. */
  @ValidateIf((_, value) => value !== null)
  @IsInt()
  days!: number | null;
}
