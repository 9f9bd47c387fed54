import { z } from "zod";

import { LEVELS } from "../../record/level.ts";

export const json = z.record(z.string(), z.unknown());

/** A record as a model gets it. */
export const foundRecord = z.strictObject({
  id: z.string(),
  timestamp: z.string(),
  level: z.enum(LEVELS),
  message: z.string(),
  source: z.string().optional(),
  trace_id: z.string().optional(),
  span_id: z.string().optional(),
  tags: z.array(z.string()).optional(),
  metadata: json.optional(),
  namespace: z.string(),
  cut: z.array(z.string()).optional().describe("Fields that are shortened or left out here"),
});

export type FoundRecord = z.infer<typeof foundRecord>;
