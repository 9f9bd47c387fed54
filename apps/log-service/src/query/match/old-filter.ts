import { contains, valueIs, type Filter, type OldFilter } from "../filter.ts";

/** The same said in the kinds of the query language. */
export function modern(filter: OldFilter): Filter {
  switch (filter.kind) {
    case "source":
      return valueIs("source", filter.is);
    case "tag":
      return valueIs("tags", filter.is);
    case "trace":
      return valueIs("trace_id", filter.is);
    case "text":
      return contains("message", filter.contains, true);
    case "metadata":
      return valueIs(`metadata.${filter.path}`, filter.is);
  }
}
