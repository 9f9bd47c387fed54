import type { JsonValue } from "../record/record.ts";

/** What the rows of a block have at one key of their metadata. */
export interface Members {
  /** JSON texts; the first is "", for rows that have none. */
  readonly texts: readonly string[];
  /** For each row the place of its text. */
  readonly ids: Uint32Array;
}

export class MemberTable implements Members {
  readonly texts: string[] = [""];
  readonly ids: Uint32Array;
  readonly #known = new Map<string, number>();

  constructor(rows: number) {
    this.ids = new Uint32Array(rows);
  }

  ofText(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const id = this.texts.push(text) - 1;
    this.#known.set(text, id);
    return id;
  }
}

/** A part of a shape as JSON text with the places of its values in between. */
export function memberParts(member: JsonValue): readonly (string | number)[] {
  if (typeof member === "number") return [member];
  if (typeof member !== "object" || member === null || Array.isArray(member)) return [];
  const parts: (string | number)[] = ["{"];
  for (const [index, [key, child]] of Object.entries(member).entries()) {
    parts.push(`${index === 0 ? "" : ","}${JSON.stringify(key)}:`, ...memberParts(child));
  }
  parts.push("}");
  return parts;
}
