import { MCP_LIMITS } from "../../limits.ts";
import type { SearchQuery } from "../../operations/search-query.ts";
import { filterOf, toList } from "./filter.ts";
import type { Call, LogApi, SearchPageAnswer } from "../log-api.ts";
import type { FoundRecord } from "../answer/found-record.ts";
import { fittingPage, moreLines } from "./fitting-page.ts";
import type { SearchInput, SearchOutput } from "./schemas.ts";
import { recordText } from "../answer/shorten.ts";
import { wholeOf } from "../answer/tiers.ts";
import { fence, NOTICE } from "../answer/untrusted.ts";
import type { ForModel } from "./tool.ts";
import { warningLines, warningsOf } from "./warnings.ts";

/** A search for a model: bounded in bytes, with what is cut and how to go on. */
export async function searchForModel(
  api: LogApi,
  input: SearchInput,
  call: Call,
): Promise<ForModel<SearchOutput>> {
  const { order, limit = MCP_LIMITS.searchDefault, cursor, after } = input;
  const query: SearchQuery = { ...filterOf(input), order, limit, cursor, after };
  const { page, records } = await fittingPage(api, query, call);
  const hint =
    records.length === 0 && !page.truncated ? await emptyHint(api, input, call) : undefined;
  const output: SearchOutput = {
    notice: NOTICE,
    records,
    truncated: page.next_cursor !== null,
    nextCursor: page.next_cursor,
    position: page.position,
    ...(hint === undefined ? {} : { hint }),
    ...warningsOf(page),
  };
  return { text: toText(records, page, hint), output };
}

function toText(
  records: readonly FoundRecord[],
  page: SearchPageAnswer,
  hint: string | undefined,
): string {
  const parts = [`${count(records.length)}.`];
  if (records.length > 0) parts.push(fence(records.map(recordText).join("\n")));
  if (page.truncated && page.warnings === undefined)
    parts.push("A limit on work ended the search early.");
  parts.push(...moreLines(page));
  if (hint !== undefined) parts.push(hint);
  parts.push(...warningLines(warningsOf(page)));
  parts.push(`Position, as \`after\` for what is stored later: ${page.position}`);
  return parts.join("\n");
}

function count(records: number): string {
  return `${records} record${records === 1 ? "" : "s"}`;
}

/** Why there may be nothing, from what is known without a search. */
async function emptyHint(api: LogApi, input: SearchInput, call: Call): Promise<string> {
  if (input.cursor !== undefined) return "That was the last page.";
  if (input.after !== undefined) return "Nothing was stored since then.";
  const wanted = toList(input.namespace);
  const known = (await api.namespaces(call))
    .filter(({ name }) => wanted === undefined || wanted.includes(name))
    .map((namespace) => ({ name: namespace.name, ...wholeOf(namespace) }))
    .filter(({ records }) => records > 0);
  if (known.length === 0) {
    return wanted === undefined
      ? "Nothing matches: no records are stored yet."
      : "Nothing matches: these namespaces hold no records.";
  }
  const shown = known
    .slice(0, 5)
    .map(
      ({ name, records, orMore, oldest, newest }) =>
        `${name} has ${count(records)}${orMore ? " or more" : ""} from ${oldest} to ${newest}`,
    );
  const tries = [
    input.from !== undefined || input.to !== undefined ? "a wider time range" : undefined,
    input.level === undefined ? undefined : "a lower level",
    input.text === undefined ? undefined : "a shorter part of the message",
    input.q === undefined ? undefined : "a simpler query",
    input.source !== undefined || input.tag !== undefined || input.metadata !== undefined
      ? "fewer conditions"
      : undefined,
  ].filter((text) => text !== undefined);
  const advice = tries.length === 0 ? "" : ` Try ${tries.join(", ")}.`;
  return `Nothing matches, though ${shown.join("; ")}.${advice}`;
}
