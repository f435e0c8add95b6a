import { IsOptional, IsString, Length, Matches } from 'class-validator';

export class ListApiKeysQuery {
  @IsOptional()
  @Matches(/^([1-9]\d?|1\d\d|200)$/, { message: 'limit must be a whole number from 1 to 200' })
  limit?: string;

  @IsOptional()
  @IsString()
  @Length(1, 500)
  cursor?: string;
}
