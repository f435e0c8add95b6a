import { openToOperators, operatorAccessMinutes } from '@plinth/contracts';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';

export class RequestAccessDto {
  /** For the tenant, which reads it before it answers and in its trail. */
  @IsString()
  @Length(1, 300)
  reason!: string;

  /** What the operator is to be let do; by default all that reads. */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @ArrayUnique()
  @IsIn(openToOperators, { each: true })
  capabilities?: string[];

  /** How long, from the moment at which it is granted; an hour by default. */
  @IsOptional()
  @IsInt()
  @Min(operatorAccessMinutes.least)
  @Max(operatorAccessMinutes.most)
  minutes?: number;
}
