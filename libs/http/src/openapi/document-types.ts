import type { JsonSchema } from '@plinth/contracts';

/** The parts of OpenAPI 3.1 (spec.openapis.org/oas/v3.1.1) that documents here are made of. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly servers?: readonly { readonly url: string }[];
  /** By path, then by method in lower case. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: Components;
}

/** What is declared once: schemas and responses for a `$ref`, security schemes for their names. */
export interface Components {
  readonly schemas?: Readonly<Record<string, JsonSchema>>;
  readonly responses?: Responses;
  readonly securitySchemes?: Readonly<Record<string, JsonSchema>>;
}

/** One method of a path. An empty `security` says that anyone may call it. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags?: readonly string[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Responses;
  readonly [extension: `x-${string}`]: unknown;
}

/** A parameter outside the body; one in the path is always required. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export type Responses = Readonly<Record<string, Response>>;

/** What one status stands for; without `content` it has no body. */
export interface Response {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly required?: boolean; readonly schema: JsonSchema }>>;
  readonly content?: Content;
}

/** By media type. */
export type Content = Readonly<Record<string, { readonly schema?: JsonSchema }>>;
