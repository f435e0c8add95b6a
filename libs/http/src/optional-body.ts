const key = 'plinth:optional-body';

/** At a DTO all of whose members are optional: a request without a body is taken for an empty one. */
export function OptionalBody(): ClassDecorator {
  return (dto) => Reflect.defineMetadata(key, true, dto);
}

/** Whether a request may come without the body that this DTO describes. */
export function isOptionalBody(dto: object): boolean {
  return Reflect.getMetadata(key, dto) === true;
}
