import { errorMessage } from "../errors.ts";

/** The preview cannot be made at all. */
export class PreviewError extends Error {}

/** Of a ref that nothing can be compared with. */
export const unknownBase = (ref: string, reason: string): PreviewError =>
  new PreviewError(errorMessage("base-unknown", { ref, reason }));
