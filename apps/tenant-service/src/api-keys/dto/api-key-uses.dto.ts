import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsISO8601, IsUUID, ValidateNested } from 'class-validator';

/** Keys that a gateway tells of in one call. */
const mostUses = 1_000;

export class ApiKeyUseDto {
  @IsUUID()
  id!: string;

  @IsISO8601({ strict: true })
  at!: string;
}

export class ApiKeyUsesDto {
  @IsArray()
  @ArrayMaxSize(mostUses)
  @ValidateNested({ each: true })
  @Type(() => ApiKeyUseDto)
  uses!: ApiKeyUseDto[];
}
