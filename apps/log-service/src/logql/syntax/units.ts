const DURATION_UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3_600e9,
  d: 86_400e9,
  w: 604_800e9,
  y: 31_536_000e9,
};
const DURATION_PART = /(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h|d|w|y)/y;

/** Nanoseconds of `1h30m`, `1.5s`, `90ms`; undefined for any other text. */
export function readDuration(text: string): number | undefined {
  if (text === "" || text.length > 64) return undefined;
  if (text === "0") return 0;
  const negative = text.startsWith("-");
  let at = negative || text.startsWith("+") ? 1 : 0;
  if (at === text.length) return undefined;
  let nanos = 0;
  while (at < text.length) {
    DURATION_PART.lastIndex = at;
    const part = DURATION_PART.exec(text);
    if (part === null) return undefined;
    nanos += Number(part[1]) * (DURATION_UNITS[part[2] ?? ""] ?? 0);
    at += part[0].length;
  }
  return negative ? -nanos : nanos;
}

const PRINTED = ["w", "d", "h", "m", "s", "ms", "us", "ns"] as const;

/** The shortest text that `readDuration` reads back to the same. */
export function writeDuration(nanos: number): string {
  if (nanos === 0) return "0s";
  let left = Math.abs(nanos);
  let text = nanos < 0 ? "-" : "";
  for (const unit of PRINTED) {
    const size = DURATION_UNITS[unit] ?? 1;
    const count = Math.floor(left / size);
    if (count > 0) text += `${count}${unit}`;
    left -= count * size;
  }
  return text;
}

const BYTE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  pb: 1e15,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  p: 1e15,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  pib: 2 ** 50,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
  pi: 2 ** 50,
};
const BYTES = /^(\d+(?:\.\d+)?) ?([a-z]{1,3})$/i;

/** Bytes of `20MB`, `1.5KiB`; undefined for any other text. */
export function readBytes(text: string): number | undefined {
  if (text.length > 64) return undefined;
  const [, amount, unit = ""] = BYTES.exec(text) ?? [];
  const size = BYTE_UNITS[unit.toLowerCase()];
  return amount === undefined || size === undefined ? undefined : Math.floor(Number(amount) * size);
}

/** A plain decimal number, as labels have them; undefined for any other text. */
export function readNumber(text: string): number | undefined {
  if (!NUMBER.test(text)) return undefined;
  return text.endsWith("f") || text.endsWith("F")
    ? Number.POSITIVE_INFINITY * (text.startsWith("-") ? -1 : 1)
    : Number(text);
}
const NUMBER = /^[+-]?(?:\d{1,64}(?:\.\d{0,64})?|\.\d{1,64})(?:e[+-]?\d{1,4})?$|^[+-]?inf$/i;
