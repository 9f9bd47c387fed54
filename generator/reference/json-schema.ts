import { z } from "zod";
import { clusterSchema } from "../record/schema/cluster.ts";
import { prerequisitesSchema } from "../record/schema/prerequisites.ts";
import { tenantSchema } from "../record/schema/tenant.ts";

/** The part of JSON Schema that our records come to. */
export type JsonSchema = {
  description?: string | undefined;
  type?: string | undefined;
  enum?: readonly unknown[] | undefined;
  const?: unknown;
  minimum?: number | undefined;
  maximum?: number | undefined;
  properties?: Record<string, JsonSchema> | undefined;
  required?: readonly string[] | undefined;
  additionalProperties?: boolean | JsonSchema | undefined;
  items?: JsonSchema | undefined;
  anyOf?: readonly JsonSchema[] | undefined;
};

const jsonSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.looseObject({
    description: z.string().optional(),
    type: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    properties: z.record(z.string(), jsonSchema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([z.boolean(), jsonSchema]).optional(),
    items: jsonSchema.optional(),
    anyOf: z.array(jsonSchema).optional(),
  }),
);

function toJsonSchema(schema: z.ZodType): JsonSchema {
  // Draft 7 is what the YAML plug-ins of the editors read best.
  return jsonSchema.parse(
    z.toJSONSchema(schema, { target: "draft-7", io: "input", reused: "inline" }),
  );
}

/** JSON Schemas of what people write, made from the schemas that check it. */
export const jsonSchemas = (): Record<"tenant" | "cluster" | "prerequisites", JsonSchema> => ({
  tenant: toJsonSchema(tenantSchema),
  cluster: toJsonSchema(clusterSchema),
  prerequisites: toJsonSchema(prerequisitesSchema),
});
