/** LogQL as it is understood here; docs/grafana.md has the table. Durations are in nanoseconds. */
export type Expr = LogExpr | SampleExpr;

export interface LogExpr {
  readonly kind: "log";
  readonly matchers: readonly Matcher[];
  readonly stages: readonly Stage[];
}

export type MatchOp = "=" | "!=" | "=~" | "!~";

export interface Matcher {
  readonly name: string;
  readonly op: MatchOp;
  readonly value: string;
}

export type LineOp = "|=" | "!=" | "|~" | "!~" | "|>" | "!>";

export type Stage =
  /** Any of the texts (none of them, for a negative operator). */
  | { readonly kind: "line"; readonly op: LineOp; readonly texts: readonly string[] }
  /** Whether the line has an address that the pattern names. */
  | { readonly kind: "address"; readonly negative: boolean; readonly pattern: string }
  | { readonly kind: "filter"; readonly test: LabelTest }
  /** Without fields: everything that there is. */
  | { readonly kind: "json"; readonly fields: readonly Extraction[] }
  | {
      readonly kind: "logfmt";
      readonly fields: readonly Extraction[];
      readonly strict: boolean;
      readonly keepEmpty: boolean;
    }
  | { readonly kind: "regexp"; readonly pattern: string }
  | { readonly kind: "pattern"; readonly pattern: string }
  | { readonly kind: "unpack" }
  | { readonly kind: "decolorize" }
  | { readonly kind: "line_format"; readonly template: string }
  | { readonly kind: "label_format"; readonly fields: readonly LabelFormat[] }
  | { readonly kind: "drop" | "keep"; readonly labels: readonly (string | Matcher)[] };

/** A label, and where in the line its value is. */
export interface Extraction {
  readonly label: string;
  readonly path: string;
}

export type LabelFormat =
  | { readonly label: string; readonly from: string }
  | { readonly label: string; readonly template: string };

export type CompareOp = "==" | "!=" | ">" | ">=" | "<" | "<=";
export type Unit = "number" | "duration" | "bytes";

export type LabelTest =
  | { readonly kind: "and" | "or"; readonly left: LabelTest; readonly right: LabelTest }
  | { readonly kind: "match"; readonly matcher: Matcher }
  | {
      readonly kind: "address";
      readonly name: string;
      readonly negative: boolean;
      readonly pattern: string;
    }
  | {
      readonly kind: "compare";
      readonly name: string;
      readonly op: CompareOp;
      readonly unit: Unit;
      /** Nanoseconds, bytes or a plain number. */
      readonly value: number;
    };

export interface Grouping {
  readonly kind: "by" | "without";
  readonly labels: readonly string[];
}

export interface Unwrap {
  readonly label: string;
  readonly convert: "duration" | "bytes" | undefined;
  /** Tests after it, which may look at `__error__`. */
  readonly tests: readonly LabelTest[];
}

export type SampleExpr =
  | { readonly kind: "literal"; readonly value: number }
  | { readonly kind: "vector"; readonly value: number }
  | RangeExpr
  | AggregateExpr
  | BinaryExpr
  | {
      readonly kind: "label_replace";
      readonly of: SampleExpr;
      readonly target: string;
      readonly replacement: string;
      readonly source: string;
      readonly pattern: string;
    };

export const LINE_FUNCTIONS = [
  "rate",
  "count_over_time",
  "bytes_rate",
  "bytes_over_time",
  "absent_over_time",
] as const;
export const VALUE_FUNCTIONS = [
  "rate",
  "sum_over_time",
  "avg_over_time",
  "min_over_time",
  "max_over_time",
  "first_over_time",
  "last_over_time",
  "stddev_over_time",
  "stdvar_over_time",
  "quantile_over_time",
  "absent_over_time",
] as const;
export type RangeFunction = (typeof LINE_FUNCTIONS)[number] | (typeof VALUE_FUNCTIONS)[number];

export interface RangeExpr {
  readonly kind: "range";
  readonly fn: RangeFunction;
  readonly log: LogExpr;
  readonly unwrap: Unwrap | undefined;
  readonly range: number;
  readonly offset: number;
  /** Of `quantile_over_time`. */
  readonly parameter: number | undefined;
  readonly grouping: Grouping | undefined;
}

export const AGGREGATIONS = [
  "sum",
  "avg",
  "min",
  "max",
  "count",
  "stddev",
  "stdvar",
  "topk",
  "bottomk",
  "sort",
  "sort_desc",
] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

export interface AggregateExpr {
  readonly kind: "aggregate";
  readonly fn: Aggregation;
  readonly of: SampleExpr;
  /** Of `topk` and `bottomk`. */
  readonly parameter: number | undefined;
  readonly grouping: Grouping | undefined;
}

export type BinaryOp = "+" | "-" | "*" | "/" | "%" | "^" | CompareOp | "and" | "or" | "unless";

export interface BinaryExpr {
  readonly kind: "binary";
  readonly op: BinaryOp;
  readonly left: SampleExpr;
  readonly right: SampleExpr;
  /** Comparisons answer 0 or 1 instead of filtering. */
  readonly bool: boolean;
  /** Which labels two series must share to belong together; all when undefined. */
  readonly matching: Matching | undefined;
}

export interface Matching {
  readonly kind: "on" | "ignoring";
  readonly labels: readonly string[];
  /** The side of which several series may belong to one of the other; undefined for one to one. */
  readonly many?: "left" | "right";
  /** Labels that come from the other side. */
  readonly include?: readonly string[];
}
