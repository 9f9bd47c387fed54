import { RECORD_LIMITS } from "../../limits.ts";

/** What a part of a template comes to. */
export type Operand = string | number | boolean;

/** As it stands in a line. What would be longer than a line is cut. */
export function textOf(value: Operand): string {
  const text = String(value);
  return text.length > RECORD_LIMITS.messageUnits
    ? text.slice(0, RECORD_LIMITS.messageUnits)
    : text;
}

/** 0 for what is no number, as Go's conversions have it. */
export function numberOf(value: Operand): number {
  const number = typeof value === "string" && value.trim() === "" ? 0 : Number(value);
  return Number.isFinite(number) ? number : 0;
}

/** What `if` goes by: an empty text and zero do not hold. */
export function holds(value: Operand): boolean {
  return value !== "" && value !== 0 && value !== false;
}
