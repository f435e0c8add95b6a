import { applyDecorators } from '@nestjs/common';
import { parseNetwork } from '@plinth/kernel';
import { ArrayMaxSize, ArrayUnique, IsArray, IsISO8601, IsString, Length, Matches, registerDecorator } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** As many as a row of the table may have. */
const mostNetworks = 50;

/** For people to tell their keys apart. */
export const KeyName = () => applyDecorators(IsString(), Length(1, 100));

/** A time with its zone: one without would mean another moment on every server. */
export const ExpiryTime = () =>
  applyDecorators(
    IsISO8601({ strict: true }),
    Matches(/^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/, { message: '$property must be a time with its zone, as 2026-11-22T08:00:00Z' }),
  );

/** Addresses and networks of IPv4 and IPv6. */
export const Networks = () =>
  applyDecorators(
    IsArray(),
    ArrayMaxSize(mostNetworks),
    ArrayUnique(),
    IsString({ each: true }),
    IsNetwork(),
    JSONSchema({ description: 'Addresses or networks in CIDR notation (203.0.113.7, 203.0.113.0/24, 2001:db8::/32) from which the key is taken; empty: from anywhere.' }),
  );

function IsNetwork(): PropertyDecorator {
  return (object, property) =>
    registerDecorator({
      name: 'isNetwork',
      target: object.constructor,
      propertyName: String(property),
      options: { each: true, message: 'each value in $property must be an address or a network in CIDR notation' },
      validator: { validate: (value: unknown) => typeof value === 'string' && parseNetwork(value) !== null },
    });
}
