/** JSON Schema has null as a type; the decorator's types are those of OpenAPI 3.0, which had not. */
export const nullableText = { type: ['string', 'null'] } as object;
