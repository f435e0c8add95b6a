import { OptionalBody } from '@plinth/http';
import { flagKeyPattern, flagTypes, maxKeyLength, rulesSchema, variantsSchema, type FlagRule, type FlagType, type FlagValue } from '@plinth/flags';
import { IsArray, IsBoolean, IsIn, IsObject, IsString, Length, Matches, MaxLength, ValidateIf } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { nullableText } from '../../tenants/dto/nullable-text.js';
import type { FlagChanges, NewFlag } from '../feature-flag.entity.js';

/** What is absent stays, or is made; null is a value, and only `description` may have it. */
const Present = () => ValidateIf((_: object, value: unknown) => value !== undefined);
/** The schemas of libs/flags; the decorator's types are those of OpenAPI 3.0. */
const Schema = (schema: object) => JSONSchema({ ...schema });

/** Of whom each part is, and how the parts hang together, libs/flags judges when the flag is whole. */
class FlagParts implements FlagChanges {
  @ValidateIf((_: object, value: unknown) => value !== undefined && value !== null)
  @IsString()
  @Length(1, 500)
  @Schema(nullableText)
  description?: string | null;

  @Present()
  @IsObject()
  @Schema(variantsSchema)
  variants?: Record<string, FlagValue>;

  @Present()
  @IsString()
  @Length(1, 64)
  @JSONSchema({ description: 'For whom no rule holds.' })
  defaultVariant?: string;

  @Present()
  @IsString()
  @Length(1, 64)
  @JSONSchema({ description: 'For everybody, while the flag is switched off.' })
  offVariant?: string;

  @Present()
  @IsArray()
  @Schema(rulesSchema)
  rules?: FlagRule[];

  @Present()
  @IsString()
  @Length(1, 100)
  @JSONSchema({ description: 'Another one deals all splits anew; the key, where nothing is said.' })
  salt?: string;

  @Present()
  @IsString()
  @Length(1, 500)
  @JSONSchema({ description: 'For the history and the audit trail.' })
  reason?: string;
}

export class CreateFeatureFlagDto extends FlagParts implements NewFlag {
  @IsString()
  @MaxLength(maxKeyLength)
  @Matches(new RegExp(flagKeyPattern), { message: 'key must be lower-case words with - between them' })
  key!: string;

  @IsIn(flagTypes)
  type!: FlagType;

  @Present()
  @IsBoolean()
  enabled?: boolean;
}

/** An absent member stays as it is; what is there takes the place of what was. */
export class UpdateFeatureFlagDto extends FlagParts {}

/** Of the kill switch. */
@OptionalBody()
export class SwitchFeatureFlagDto {
  @Present()
  @IsString()
  @Length(1, 500)
  @JSONSchema({ description: 'For the history and the audit trail.' })
  reason?: string;
}
