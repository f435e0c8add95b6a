import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsISO8601, IsOptional, IsString, Length, Matches } from 'class-validator';

export class CreateApiKeyDto {
  /** For people to tell their keys apart. */
  @IsString()
  @Length(1, 100)
  name!: string;

  /** Capabilities that the creator has, or `*` alone for all of them. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 100, { each: true })
  scopes!: string[];

  /** A time with its zone; without one the key does not expire. */
  @IsOptional()
  @IsISO8601({ strict: true })
  @Matches(/^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/, { message: '$property must be a time with its zone, as 2026-11-22T08:00:00Z' })
  expiresAt?: string;
}
