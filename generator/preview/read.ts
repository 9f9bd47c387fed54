import { readFileSync, statSync } from "node:fs";
import { MAX_PREVIEW_BYTES } from "../limits.ts";
import { type Preview, previewSchema } from "./model/model.ts";

/** A preview that was written as JSON, by somebody whom nobody has to trust; or why it is none. */
export function readPreview(file: string): { preview: Preview } | { problem: string } {
  try {
    const { size } = statSync(file);
    if (size > MAX_PREVIEW_BYTES) {
      return { problem: `it has ${size} bytes; a preview has at most ${MAX_PREVIEW_BYTES}` };
    }
    const parsed = previewSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
    if (parsed.success) return { preview: parsed.data };
    const [issue] = parsed.error.issues;
    return { problem: `it is no preview: ${issue?.path.join(".")}: ${issue?.message}` };
  } catch (error) {
    // A nesting that is too deep for the schema is a RangeError.
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
