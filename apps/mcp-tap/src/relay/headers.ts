/** Headers that belong to one connection (RFC 9110, 7.6.1), and those that the next one has of its own. */
const OF_THE_CONNECTION = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "upgrade",
]);

/** Names and values in turn, as Node reads and writes them: order, case and repetitions stay. */
export type RawHeaders = readonly string[];

/** All but those of the connection and those named. */
export function passedOn(raw: RawHeaders, without: readonly string[] = []): string[] {
  const named = new Set(
    valuesOf(raw, "connection").flatMap((value) =>
      value.split(",").map((name) => name.trim().toLowerCase()),
    ),
  );
  const isLeftOut = (name: string) =>
    OF_THE_CONNECTION.has(name) || named.has(name) || without.includes(name);
  return filterHeaders(raw, (name) => !isLeftOut(name));
}

/** @param keep Gets names in small letters. */
export function filterHeaders(raw: RawHeaders, keep: (name: string) => boolean): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = "", value = ""] = [raw[at], raw[at + 1]];
    if (keep(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

function valuesOf(raw: RawHeaders, wanted: string): string[] {
  const values: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2)
    if (raw[at]?.toLowerCase() === wanted) values.push(raw[at + 1] ?? "");
  return values;
}
