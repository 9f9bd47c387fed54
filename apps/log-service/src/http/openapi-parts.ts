import { z } from "zod";

/** What the API's description is made of. */
export type Json = { readonly [key: string]: unknown };

export const metadataParameter = {
  name: "metadata",
  in: "query",
  description:
    "metadata.<path>=<value>: the value at a dotted path of the metadata, or an element of the array there; may be repeated: all of them",
  schema: { type: "object", additionalProperties: { type: "string" } },
};

/** Parameters that may stand there several times. */
const REPEATED = new Set(["source", "tag", "namespace", "field"]);

/** A route's query parameters, `metadata.<path>` not among them. */
export function parameterList({ shape }: z.ZodObject): Json[] {
  return Object.entries(shape).map(([name, field]) => {
    const { $schema: _dialect, description, ...schema } = z.toJSONSchema(field, { io: "input" });
    return {
      name,
      in: "query",
      ...(field.safeParse(undefined).success ? {} : { required: true }),
      ...(description === undefined ? {} : { description }),
      schema: REPEATED.has(name) ? { type: "array", items: schema } : schema,
    };
  });
}

/** @param name One of the components. */
export function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

export function json(schema: Json): Json {
  return { "application/json": { schema } };
}

export const TEXT: Json = { "text/plain": { schema: { type: "string" } } };
export const BINARY: Json = { schema: { type: "string", format: "binary" } };

export function parameter(name: string, description?: string, schema: Json = text): Json {
  return { name, in: "query", ...(description === undefined ? {} : { description }), schema };
}

export function header(name: string, description: string): Json {
  return { name, in: "header", description, schema: text };
}

/** A step of the path that is the caller's own. */
export function step(name: string, description?: string): Json {
  return {
    name,
    in: "path",
    required: true,
    ...(description === undefined ? {} : { description }),
    schema: text,
  };
}

const text: Json = { type: "string" };

export function reply(name: string, description: string): Json {
  return { description, content: json(reference(name)) };
}

const ERROR_MEANINGS: Readonly<Record<string, string>> = {
  "400": "The request is not valid",
  "401": "No valid API key",
  "403": "The key's role or namespaces do not allow this",
  "404": "There is no such record, or no longer",
  "409": "The tenant has no archive",
  "413": "Too large",
  "415": "Content type or encoding not supported",
  "422": "The idempotency key was used for another batch",
  "429": "The key has used up its rate: try again after Retry-After seconds",
  "503": "The store cannot be reached or is full: try again after Retry-After seconds",
  "504": "The archive did not answer: the batch may have been stored",
};

/** What each protocol's errors look like; ours is `Error`. */
const FORMS = {
  Error: json(reference("Error")),
  Text: TEXT,
  OtlpStatus: {
    ...json({
      type: "object",
      description: "google.rpc.Status",
      properties: { code: { type: "integer" }, message: { type: "string" } },
    }),
    "application/x-protobuf": BINARY,
  },
  ElasticsearchError: json({
    type: "object",
    properties: { error: { type: "object" }, status: { type: "integer" } },
  }),
} as const;

/** Every error in every form, for `components`: routes refer to them. */
export function errorResponses(): Json {
  return Object.fromEntries(
    Object.entries(FORMS).flatMap(([form, content]) =>
      Object.entries(ERROR_MEANINGS).map(([status, description]) => [
        form + status,
        { description, content },
      ]),
    ),
  );
}

export function errors(...statuses: string[]): Json {
  return errorsAs("Error", ...statuses);
}

/** The same in the form of a protocol of others. */
export function errorsAs(form: keyof typeof FORMS, ...statuses: string[]): Json {
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${form}${status}` }]),
  );
}
