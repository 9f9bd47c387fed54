import { TextDecoder } from "node:util";

/** JSON has none anywhere, neither in a text nor beside one. */
const NUL = "\0";

/**
 * A body as it comes, for who would read wrong bytes as U+FFFD: what is stored or cleared would not be what was
 * sent. Where it is not UTF-8 a NUL comes with it, so that it is refused as no JSON.
 */
export async function* strictUtf8(body: AsyncIterable<Uint8Array>) {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let isWrong = false;
  for await (const chunk of body) {
    if (!isWrong && !reads(decoder, chunk)) {
      isWrong = true;
      yield NUL;
    }
    yield chunk;
  }
  if (!isWrong && !reads(decoder)) yield NUL;
}

/** @param chunk None at the end, where a character may be cut. */
function reads(decoder: TextDecoder, chunk?: Uint8Array): boolean {
  try {
    decoder.decode(chunk, { stream: chunk !== undefined });
    return true;
  } catch {
    return false;
  }
}
