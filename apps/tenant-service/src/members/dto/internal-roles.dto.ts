import { ArrayMaxSize, ArrayUnique, IsArray, IsOptional, IsString, Length, Matches } from 'class-validator';

export class InternalRolesDto {
  /** All that the member is to have, those that a deployment has added included. */
  @IsArray()
  @ArrayMaxSize(20)
  @ArrayUnique()
  @Matches(/^INTERNAL_[A-Z][A-Z_]{0,40}$/, { each: true })
  roles!: string[];

  /** For the tenant's audit trail. */
  @IsOptional()
  @IsString()
  @Length(1, 500)
  reason?: string;
}
