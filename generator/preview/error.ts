import { ToolError } from "../../tools/say.ts";
import { errorMessage } from "../errors.ts";

/** Of a ref that nothing can be compared with. */
export const unknownBase = (ref: string, reason: string): ToolError =>
  new ToolError(errorMessage("base-unknown", { ref, reason }));
