import { IsBoolean, IsInt, IsISO8601, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';

/** What an operator publishes: it never changes any more. */
export class PublishPolicyDto {
  /** E.g. `terms` or `product_news`. */
  @Matches(/^[a-z][a-z0-9_]{0,49}$/)
  document!: string;

  @Matches(/^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/)
  version!: string;

  @IsString()
  @Length(1, 200)
  title!: string;

  /** Plain text; an empty line parts paragraphs. */
  @IsString()
  @Length(1, 200_000)
  text!: string;

  /** Whether there is no account without consent to it. */
  @IsBoolean()
  required!: boolean;

  /** Now, where it is left out. */
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  effectiveFrom?: string;

  /** How many days after that who has agreed to an older version may go on; 30 where it is left out. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(365)
  graceDays?: number;
}
