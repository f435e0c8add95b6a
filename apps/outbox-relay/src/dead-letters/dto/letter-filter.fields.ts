import { IsISO8601, IsOptional, IsString, IsUUID, Length, Matches } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** A day, or a time with its zone: one without would mean another moment on every server. */
const momentPattern = /^\d{4}-\d{2}-\d{2}(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;
const momentMessage = '$property must be a day or a time with its zone, as 2026-11-22 or 2026-11-22T08:00:00Z';

type Dto = new () => object;

/** A DTO with the filters that are written the same in a query and in a body. */
export function withLetterFilters<B extends Dto>(base: B) {
  class LetterFilterFields extends (base as Dto) {
    @IsOptional()
    @IsString()
    @Length(1, 249)
    @JSONSchema({ description: 'The consumer group that failed.' })
    group?: string;

    @IsOptional()
    @IsString()
    @Length(1, 249)
    @JSONSchema({ description: 'The topic that the message first was in.' })
    topic?: string;

    @IsOptional()
    @IsString()
    @Length(1, 249)
    @JSONSchema({ description: 'The whole of the label, as `UndecodableEvent:malformed_json`.' })
    error?: string;

    @IsOptional()
    @Matches(/^[0-9a-f]{16}$/, { message: 'fingerprint must be 16 hexadecimal digits' })
    @JSONSchema({ description: 'Of group, topic, event type and error, as the groups tell it.' })
    fingerprint?: string;

    @IsOptional()
    @IsString()
    @Length(1, 249)
    @JSONSchema({ description: 'With its version, as `tenant.updated.v1`.' })
    eventType?: string;

    @IsOptional()
    @IsUUID()
    eventId?: string;

    @IsOptional()
    @IsUUID()
    @JSONSchema({ description: 'The tenant that the message names.' })
    tenantId?: string;

    @IsOptional()
    @IsISO8601({ strict: true }, { message: momentMessage })
    @Matches(momentPattern, { message: momentMessage })
    @JSONSchema({ description: 'The first moment of failure that counts: a day, or a time with its zone.' })
    failedFrom?: string;

    @IsOptional()
    @IsISO8601({ strict: true }, { message: momentMessage })
    @Matches(momentPattern, { message: momentMessage })
    @JSONSchema({ description: 'The first moment of failure that does not count any more.' })
    failedTo?: string;
  }
  return LetterFilterFields as unknown as new () => InstanceType<B> & LetterFilterFields;
}
