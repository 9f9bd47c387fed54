import { z } from "zod";
import { previewSchema } from "../preview/model/model.ts";
import { jsonSchemas } from "./json-schema.ts";
import { recordPage } from "./page.ts";

/** Every file that is made from the schemas, by path from the repository's root. */
export function referenceFiles(): Map<string, string> {
  const { tenant, cluster, prerequisites } = jsonSchemas();
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return new Map([
    ["generator/schema/tenant.schema.json", json(tenant)],
    ["generator/schema/cluster.schema.json", json(cluster)],
    ["generator/schema/prerequisites.schema.json", json(prerequisites)],
    ["generator/schema/preview.schema.json", json(z.toJSONSchema(previewSchema))],
    ["docs/record.md", recordPage()],
  ]);
}
