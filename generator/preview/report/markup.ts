import { visible } from "./words.ts";

/** Text that is HTML already; any other text becomes some by being escaped. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | readonly Markup[];

/** The only way to make HTML here: what is put in is escaped, unless it was made the same way. */
export function markup(literals: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const texts = parts.map((part, i) => asMarkup(part) + (literals[i + 1] ?? ""));
  return new Markup((literals[0] ?? "") + texts.join(""));
}

function asMarkup(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(({ text }) => text).join("");
  return visible(String(part)).replaceAll(/[&<>"']/g, (found) => `&#${found.codePointAt(0)};`);
}

export const none = markup``;
