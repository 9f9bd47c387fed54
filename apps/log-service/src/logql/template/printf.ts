import { numberOf, textOf, type Operand } from "./operand.ts";

const VERB = /%([-+0 ]{0,4})(\d{0,3})(?:\.(\d{1,2}))?([a-zA-Z%])/g;

/** `printf`, for the verbs that lines are made with: `%s %v %q %d %f %x %t`, width and precision. */
export function printf(format: string, values: readonly Operand[]): string {
  let next = 0;
  return format.replace(VERB, (whole, flags: string, width: string, precision, verb: string) => {
    if (verb === "%") return "%";
    const value = values[next++];
    if (value === undefined) return `%!${verb}(MISSING)`;
    const text = written(value, verb, precision === undefined ? undefined : Number(precision));
    if (text === undefined) return whole;
    const signed = flags.includes("+") && numberOf(value) >= 0 && "df".includes(verb);
    return padded(signed ? `+${text}` : text, flags, Number(width));
  });
}

function written(value: Operand, verb: string, precision: number | undefined): string | undefined {
  switch (verb) {
    case "s":
    case "v":
    case "t":
      return textOf(value).slice(0, precision);
    case "q":
      return JSON.stringify(textOf(value));
    case "d":
      return String(Math.trunc(numberOf(value)));
    case "f":
      return numberOf(value).toFixed(precision ?? 6);
    case "x":
      return typeof value === "number"
        ? Math.trunc(value).toString(16)
        : Buffer.from(textOf(value)).toString("hex");
    default:
      return undefined;
  }
}

function padded(text: string, flags: string, width: number): string {
  if (flags.includes("-")) return text.padEnd(width);
  const zeros = flags.includes("0") && /^[-+]?\d/.test(text);
  if (!zeros) return text.padStart(width);
  const sign = /^[-+]/.exec(text)?.[0] ?? "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}
