import type { Condition } from "./port.ts";

/** Whether an archive lets through only what was meant, so that it can count by it. */
export function isExact(condition: Condition): boolean {
  switch (condition.kind) {
    case "all":
    case "any":
      return condition.of.every(isExact);
    case "word":
    case "contains":
      return false;
    default:
      return true;
  }
}
