import { z } from "zod";

/** The part of JSON Schema that published schemas use; what else they hold is dropped. */
export interface JsonSchema {
  $schema?: string;
  $ref?: string;
  type?: string | string[];
  enum?: (string | number | boolean)[];
  pattern?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minProperties?: number;
  maxProperties?: number;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  not?: JsonSchema;
  definitions?: Record<string, JsonSchema>;
}

/** A schema as published: with descriptions, defaults and Kubernetes' own extensions. */
export interface Published {
  $ref?: string | undefined;
  type?: string | undefined;
  format?: string | undefined;
  enum?: (string | number | boolean)[] | undefined;
  pattern?: string | undefined;
  properties?: Record<string, Published> | undefined;
  required?: string[] | undefined;
  additionalProperties?: Published | boolean | undefined;
  items?: Published | undefined;
  minItems?: number | undefined;
  maxItems?: number | undefined;
  minLength?: number | undefined;
  maxLength?: number | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  minProperties?: number | undefined;
  maxProperties?: number | undefined;
  anyOf?: Published[] | undefined;
  oneOf?: Published[] | undefined;
  allOf?: Published[] | undefined;
  not?: Published | undefined;
  "x-kubernetes-int-or-string"?: boolean | undefined;
  "x-kubernetes-preserve-unknown-fields"?: boolean | undefined;
}

export const published: z.ZodType<Published> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.string().optional(),
    format: z.string().optional(),
    enum: z.array(z.union([z.string(), z.number(), z.boolean()])).optional(),
    pattern: z.string().optional(),
    properties: z.record(z.string(), published).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([z.boolean(), published]).optional(),
    items: published.optional(),
    minItems: z.number().optional(),
    maxItems: z.number().optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    minProperties: z.number().optional(),
    maxProperties: z.number().optional(),
    anyOf: z.array(published).optional(),
    oneOf: z.array(published).optional(),
    allOf: z.array(published).optional(),
    not: published.optional(),
    "x-kubernetes-int-or-string": z.boolean().optional(),
    "x-kubernetes-preserve-unknown-fields": z.boolean().optional(),
  }),
);
