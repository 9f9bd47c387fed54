import { ServiceError } from "../errors.ts";
import { HTTP_LIMITS } from "../limits.ts";
import { invalidParameter } from "../operations/invalid-parameter.ts";
import { suggest } from "../suggest.ts";

export type Parameters = ReadonlyMap<string, readonly string[]>;

const NONE: Parameters = new Map();
const METADATA = "metadata.";

/**
 * The query parameters of a request. A name that the route does not know is an error: a filter
 * that is silently ignored would answer with records that nobody asked for.
 * @param known The route's names; `metadata.` stands for everything that starts with it.
 */
export function readParameters(url: string, known: readonly string[]): Parameters {
  const mark = url.indexOf("?");
  if (mark === -1) return NONE;
  const found = new Map<string, string[]>();
  let count = 0;
  for (const [name, value] of new URLSearchParams(url.slice(mark + 1))) {
    count += 1;
    if (count > HTTP_LIMITS.parameters) {
      throw new ServiceError(
        "NL_PARAMETER_INVALID",
        `A request has at most ${HTTP_LIMITS.parameters} query parameters`,
      );
    }
    if (!isKnown(name, known)) throw unknownParameter(name, known);
    const values = found.get(name);
    if (values === undefined) found.set(name, [value]);
    else values.push(value);
  }
  return found;
}

/** The value of a parameter that may stand there once. */
export function single(parameters: Parameters, name: string): string | undefined {
  const values = parameters.get(name);
  if (values !== undefined && values.length > 1) throw invalidParameter(name, "may be given once");
  return values?.[0];
}

/** The paths and values of `metadata.<path>` parameters. */
export function metadataParameters(parameters: Parameters): (readonly [string, string])[] {
  return [...parameters]
    .filter(([name]) => name.startsWith(METADATA))
    .flatMap(([name, values]) =>
      values.map((value) => [name.slice(METADATA.length), value] as const),
    );
}

function isKnown(name: string, known: readonly string[]): boolean {
  return known.includes(name) || (known.includes(METADATA) && name.startsWith(METADATA));
}

function unknownParameter(name: string, known: readonly string[]): ServiceError {
  const shown = name.length > 64 ? `${name.slice(0, 63)}…` : name;
  const near = suggest(name, known);
  const hint = near === undefined ? `known are ${known.join(", ")}` : `did you mean ${near}?`;
  return new ServiceError(
    "NL_PARAMETER_UNKNOWN",
    `There is no query parameter ${JSON.stringify(shown)}: ${hint}`,
    { details: { parameter: shown, ...(near === undefined ? {} : { suggestion: near }) } },
  );
}
