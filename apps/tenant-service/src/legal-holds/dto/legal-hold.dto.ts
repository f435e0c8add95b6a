import { PageQuery } from '@plinth/http';
import { IsOptional, IsString, IsUUID, Length } from 'class-validator';

export class PlaceLegalHoldDto {
  /** A member; left out: the whole tenant. */
  @IsOptional()
  @IsUUID()
  accountId?: string;

  @IsString()
  @Length(1, 1_000)
  reason!: string;
}

export class PlaceAnyLegalHoldDto extends PlaceLegalHoldDto {
  /** Left out: the person wherever there is something of them. */
  @IsOptional()
  @IsUUID()
  tenantId?: string;
}

export class ReleaseLegalHoldDto {
  @IsString()
  @Length(1, 1_000)
  reason!: string;
}

export class LegalHoldsQuery extends PageQuery {
  @IsOptional()
  @IsUUID()
  tenantId?: string;

  @IsOptional()
  @IsUUID()
  accountId?: string;
}
