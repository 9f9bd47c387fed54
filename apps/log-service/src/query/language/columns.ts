import type { Pipe } from "../pipe.ts";

/** The columns that a pipe leaves; undefined while whole records are passed on. */
export function columnsAfter(
  pipe: Pipe,
  before: readonly string[] | undefined,
): readonly string[] | undefined {
  switch (pipe.kind) {
    case "stats":
      return [
        ...pipe.by.map((key) => (key.kind === "bin" ? "timestamp" : key.field)),
        ...pipe.functions.map(({ as }) => as),
      ];
    case "top":
      return [pipe.field, "count"];
    case "uniq":
      return pipe.by;
    case "fields":
      return pipe.columns;
    case "sort":
    case "limit":
      return before;
  }
}
