/**
 * Kubernetes quantities, read exactly. `parseFloat` would turn "0.1Gi" into a fraction of a byte and
 * "9007199254740993" into its neighbour, and the API server would then disagree with our arithmetic.
 */

const SYNTAX =
  /^(\d{1,19})(?:\.(\d{1,9}))?(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?\d{1,2}))?$/;

const DECIMAL: Record<string, number> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** What a quantity counts: `cpu` in thousandths of a core, `bytes` in whole bytes. */
export type Unit = "cpu" | "bytes";

/** The number in milli-cores or bytes, or why it is none. */
export type ParsedQuantity = { value: number } | { problem: string };

// The same few texts stand in every record and in every tier: a third of a plan's time was spent on reading them again.
const known = { cpu: new Map<string, ParsedQuantity>(), bytes: new Map<string, ParsedQuantity>() };
const MAX_KNOWN = 10_000;

/** Reads a quantity as Kubernetes does, and refuses what would be rounded on the way. */
export function parseQuantity(text: string | number, unit: Unit): ParsedQuantity {
  const key = String(text);
  const found = known[unit].get(key);
  if (found !== undefined) return found;
  const parsed = parse(key, unit);
  if (known[unit].size >= MAX_KNOWN) known[unit].clear();
  known[unit].set(key, parsed);
  return parsed;
}

function parse(text: string, unit: Unit): ParsedQuantity {
  const match = SYNTAX.exec(text);
  if (match === null)
    return { problem: `is no quantity (like ${unit === "cpu" ? "500m or 2" : "512Mi or 5Gi"})` };
  const [, whole = "", fraction = "", suffix = "", exponent = "0"] = match;
  const binary = BINARY.indexOf(suffix) + 1;
  let numerator = BigInt(whole + fraction) * 1024n ** BigInt(binary);
  let power = (DECIMAL[suffix] ?? 0) + Number(exponent) - fraction.length;
  if (unit === "cpu") power += 3;
  let denominator = 1n;
  if (power >= 0) numerator *= 10n ** BigInt(power);
  else denominator = 10n ** BigInt(-power);
  if (numerator % denominator !== 0n) {
    return {
      problem:
        unit === "cpu"
          ? "is finer than a thousandth of a core"
          : suffix === "m"
            ? "counts thousandths of a byte: M or Mi is meant"
            : "is not a whole number of bytes",
    };
  }
  const value = numerator / denominator;
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return { problem: "is larger than any cluster" };
  return { value: Number(value) };
}

/** The value of a quantity that the schema has let through. Throws on any other text. */
export function quantity(text: string | number, unit: Unit): number {
  const parsed = parseQuantity(text, unit);
  if ("problem" in parsed) throw new RangeError(`${text} ${parsed.problem}`);
  return parsed.value;
}

/** Milli-cores as people write them: `2` or `1500m`. */
export function formatCpu(milli: number): string {
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
}

/** Bytes in the largest binary unit that holds them exactly: `512Mi`, `1536Mi`, `1000`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (unit < BINARY.length && value >= 1024 && value % 1024 === 0) {
    value /= 1024;
    unit += 1;
  }
  return `${value}${unit === 0 ? "" : BINARY[unit - 1]}`;
}
