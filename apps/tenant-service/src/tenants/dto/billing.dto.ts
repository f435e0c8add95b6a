import { ArrayMaxSize, IsArray, IsISO31661Alpha2, IsOptional, IsString, Length } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { EmailAddress } from '../../accounts/dto/email-address.js';
import { nullableText } from './nullable-text.js';

const Nullable = () => JSONSchema({ ...nullableText });

/** All of it at once; what is left out is null from then on. */
export class BillingDto {
  @IsOptional()
  @IsString()
  @Length(1, 200)
  @Nullable()
  company?: string | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(5)
  @IsString({ each: true })
  @Length(1, 200, { each: true })
  addressLines?: string[];

  @IsOptional()
  @IsString()
  @Length(1, 20)
  @Nullable()
  postalCode?: string | null;

  @IsOptional()
  @IsString()
  @Length(1, 100)
  @Nullable()
  city?: string | null;

  @IsOptional()
  @IsISO31661Alpha2()
  @Nullable()
  country?: string | null;

  @IsOptional()
  @IsString()
  @Length(1, 50)
  @Nullable()
  taxId?: string | null;

  @IsOptional()
  @EmailAddress()
  @Nullable()
  email?: string | null;

  @IsOptional()
  @IsString()
  @Length(1, 100)
  @Nullable()
  purchaseOrder?: string | null;
}
