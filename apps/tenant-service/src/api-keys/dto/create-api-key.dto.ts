import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsOptional, IsString, Length } from 'class-validator';
import { ExpiryTime, KeyName, Networks } from './api-key-fields.js';

export class CreateApiKeyDto {
  /** For people to tell their keys apart. */
  @KeyName()
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
  @ExpiryTime()
  expiresAt?: string;

  @IsOptional()
  @Networks()
  allowedAddresses?: string[];
}
