import { applyDecorators } from '@nestjs/common';
import { Transform, type TransformFnParams } from 'class-transformer';
import { IsEmail, MaxLength } from 'class-validator';

/** E-mail addresses are compared without case and surrounding space. */
export const normalizeEmail = ({ value }: TransformFnParams): unknown => (typeof value === 'string' ? value.trim().toLowerCase() : value);

/** A member that holds an e-mail address, normalized; at most 254 characters (RFC 5321, section 4.5.3.1.3, less the brackets). */
export const EmailAddress = () => applyDecorators(MaxLength(254), IsEmail(), Transform(normalizeEmail));
