import type { Preview } from "../model/model.ts";
import { toHtml } from "./html.ts";
import { toMarkdown } from "./markdown.ts";
import { toText } from "./text.ts";

export const FORMATS = ["markdown", "html", "json", "text"] as const;
export type Format = (typeof FORMATS)[number];

/** A preview as text of a format. */
export function inFormat(format: Format, preview: Preview): string {
  switch (format) {
    case "markdown":
      return toMarkdown(preview);
    case "html":
      return toHtml(preview);
    case "text":
      return toText(preview);
    case "json":
      return `${JSON.stringify(preview, null, 2)}\n`;
  }
}
