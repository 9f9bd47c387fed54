import { existsSync } from "node:fs";

import { CliError } from "../errors.ts";

/** One side of a comparison. */
export type Source =
  | { readonly kind: "command"; readonly words: readonly string[] }
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "websocket"; readonly url: string }
  | { readonly kind: "trace"; readonly traceIds: readonly string[] }
  | { readonly kind: "query"; readonly query: string }
  | { readonly kind: "file"; readonly path: string };

/**
 * What an argument names: an address, `trace:<id>[,<id>]`, `query:<query>`, `file:<path>` or a file that is there;
 * anything else is a command.
 * @throws CliError CLI_USAGE.
 */
export function sourceOf(text: string): Source {
  if (/^https?:\/\//i.test(text)) return { kind: "http", url: checked(text) };
  if (/^wss?:\/\//i.test(text)) return { kind: "websocket", url: checked(text) };
  const [, kind, rest = ""] = /^(trace|query|file):(.*)$/s.exec(text) ?? [];
  if (kind === "trace") {
    const traceIds = rest.split(",").filter((id) => id !== "");
    if (traceIds.length === 0) throw new CliError("CLI_USAGE", "trace: needs an id");
    return { kind, traceIds };
  }
  if (kind === "query") return { kind, query: rest };
  if (kind === "file") return { kind, path: rest };
  if (/\.(?:jsonl|ndjson|json)$/.test(text) && existsSync(text))
    return { kind: "file", path: text };
  const words = wordsOf(text);
  if (words.length === 0) throw new CliError("CLI_USAGE", "a side of the comparison is empty");
  return { kind: "command", words };
}

function checked(url: string): string {
  if (!URL.canParse(url)) throw new CliError("CLI_USAGE", `${url} is no valid address`);
  return url;
}

/** Words as a shell splits them, with quotes and backslashes; nothing else of a shell happens. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quote !== "") {
      if (char === quote) quote = "";
      else if (char === "\\" && quote === '"' && /["\\]/.test(text.charAt(at + 1))) {
        at += 1;
        word += text.charAt(at);
      } else word += char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (char === "\\") {
      at += 1;
      word = (word ?? "") + text.charAt(at);
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (quote !== "") throw new CliError("CLI_USAGE", `a quote is open: ${text}`);
  return word === undefined ? words : [...words, word];
}
