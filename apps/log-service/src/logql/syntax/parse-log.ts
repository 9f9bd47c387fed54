import { LOKI_LIMITS } from "../../limits.ts";
import type {
  CompareOp,
  Extraction,
  LabelFormat,
  LabelTest,
  LogExpr,
  MatchOp,
  Matcher,
  Stage,
} from "./ast.ts";
import { addressTest } from "../stages/ip.ts";
import type { Tokens } from "./tokens.ts";
import { readBytes, readDuration, readNumber } from "./units.ts";

const MATCH_OPS: readonly MatchOp[] = ["=", "!=", "=~", "!~"];
const LINE_OPS = ["|=", "!=", "|~", "!~", "|>", "!>"] as const;
const COMPARE_OPS = ["==", "!=", ">", ">=", "<", "<=", "="] as const;

/** `{…}`. */
export function parseSelector(input: Tokens): Matcher[] {
  const matchers: Matcher[] = [];
  input.expect("{");
  while (!input.is("}")) {
    const name = input.name("a label");
    matchers.push(parseMatcher(input, name));
    if (matchers.length > LOKI_LIMITS.stages) throw input.error("too many matchers");
    if (input.take(",") === undefined) break;
  }
  input.expect("}");
  return matchers;
}

function parseMatcher(input: Tokens, name: string): Matcher {
  const at = input.next.at;
  const op = MATCH_OPS.find((each) => input.is(each));
  if (op === undefined) throw input.unexpected("expecting =, !=, =~ or !~");
  input.skip();
  const matcher = { name, op, value: input.string("a string") };
  checkPattern(input, matcher, at);
  return matcher;
}

function checkPattern(input: Tokens, { op, value }: Matcher, at: number): void {
  if (op === "=~" || op === "!~") input.checkRegex(value, at);
}

/** The stages that follow a selector, as far as there are any. */
export function parseStages(input: Tokens): Stage[] {
  const stages: Stage[] = [];
  for (;;) {
    const stage = parseStage(input);
    if (stage === undefined) return stages;
    stages.push(stage);
    if (stages.length > LOKI_LIMITS.stages) throw input.error("too many stages");
  }
}

export function parseLogExpr(input: Tokens): LogExpr {
  const matchers = parseSelector(input);
  return { kind: "log", matchers, stages: parseStages(input) };
}

function parseStage(input: Tokens): Stage | undefined {
  const op = LINE_OPS.find((each) => input.is(each));
  // `!=` after a metric is a comparison; after a selector a text follows.
  if (op !== undefined) {
    if (isAddressCall(input) && (op === "|=" || op === "!=")) {
      input.skip();
      return { kind: "address", negative: op === "!=", pattern: parseAddress(input) };
    }
    if (input.ahead(1).kind !== "string") return undefined;
    input.skip();
    return parseLineFilter(input, op);
  }
  if (!input.is("|") || input.ahead(1).text === "unwrap") return undefined;
  input.skip();
  const { text } = input.next;
  const follows = input.ahead(1);
  // A label may have the name of a stage: then it is compared with something. `!=` and `!~` begin
  // the next stage.
  const compared =
    follows.kind === "sign" && isComparison(follows.text) && !follows.text.startsWith("!");
  if (!compared && input.next.kind === "name") {
    const read = Object.hasOwn(STAGES, text) ? STAGES[text] : undefined;
    if (read !== undefined) {
      input.skip();
      return read(input);
    }
  }
  return { kind: "filter", test: parseLabelTest(input) };
}

function isComparison(text: string): boolean {
  return ["=", "==", "!=", "=~", "!~", ">", ">=", "<", "<="].includes(text);
}

function parseLineFilter(input: Tokens, op: (typeof LINE_OPS)[number]): Stage {
  const texts: string[] = [];
  do {
    const at = input.next.at;
    const text = input.string("a string");
    if (op === "|~" || op === "!~") input.checkRegex(text, at);
    texts.push(text);
    if (texts.length > LOKI_LIMITS.stages) throw input.error("too many alternatives");
  } while (input.take("or") !== undefined);
  return { kind: "line", op, texts };
}

const STAGES: Readonly<Record<string, (input: Tokens) => Stage>> = {
  json: (input) => ({ kind: "json", fields: parseExtractions(input) }),
  logfmt: (input) => {
    let strict = false;
    let keepEmpty = false;
    for (let flag = input.take("--strict", "--keep-empty"); flag !== undefined;) {
      if (flag === "--strict") strict = true;
      else keepEmpty = true;
      flag = input.take("--strict", "--keep-empty");
    }
    return { kind: "logfmt", fields: parseExtractions(input), strict, keepEmpty };
  },
  regexp: (input) => {
    const at = input.next.at;
    const pattern = input.string("a pattern");
    input.checkRegex(pattern, at);
    if (!/\(\?P?</.test(pattern))
      throw input.error("at least one named capture must be supplied", at);
    return { kind: "regexp", pattern };
  },
  pattern: (input) => {
    const at = input.next.at;
    const pattern = input.string("a pattern");
    if (!/<[a-zA-Z_][a-zA-Z0-9_]*>/.test(pattern)) {
      throw input.error("at least one capture is required", at);
    }
    if (/<[a-zA-Z0-9_]*><[a-zA-Z0-9_]*>/.test(pattern)) {
      throw input.error("found consecutive capture; their text between cannot be told", at);
    }
    return { kind: "pattern", pattern };
  },
  unpack: () => ({ kind: "unpack" }),
  decolorize: () => ({ kind: "decolorize" }),
  line_format: (input) => {
    const at = input.next.at;
    const template = input.string("a template");
    input.checkTemplate(template, at);
    return { kind: "line_format", template };
  },
  label_format: (input) => {
    const fields = list(input, (): LabelFormat => {
      const label = input.name("a label");
      input.expect("=");
      const { kind, at } = input.next;
      if (kind !== "string") return { label, from: input.name("a label or a template") };
      const template = input.string("a template");
      input.checkTemplate(template, at);
      return { label, template };
    });
    return { kind: "label_format", fields };
  },
  drop: (input) => ({ kind: "drop", labels: parseLabelList(input) }),
  keep: (input) => ({ kind: "keep", labels: parseLabelList(input) }),
};

function parseLabelList(input: Tokens): (string | Matcher)[] {
  return list(input, () => {
    const name = input.name("a label");
    return input.is(...MATCH_OPS) ? parseMatcher(input, name) : name;
  });
}

/** `a, b="c.d"`; none is everything. */
function parseExtractions(input: Tokens): Extraction[] {
  if (input.next.kind !== "name" || input.is("or", "and")) return [];
  return list(input, () => {
    const label = input.name("a label");
    return { label, path: input.take("=") === undefined ? label : input.string("an expression") };
  });
}

function list<T>(input: Tokens, read: () => T): T[] {
  const items: T[] = [];
  do {
    items.push(read());
    if (items.length > LOKI_LIMITS.stages) throw input.error("the list is too long");
  } while (input.take(",") !== undefined);
  return items;
}

/** `or` binds weaker than `and`; a comma means `and`. */
export function parseLabelTest(input: Tokens): LabelTest {
  let left = parseAnd(input);
  while (input.take("or") !== undefined) left = { kind: "or", left, right: parseAnd(input) };
  return left;
}

function parseAnd(input: Tokens): LabelTest {
  let left = parseUnit(input);
  for (;;) {
    if (input.take("and", ",") === undefined && !startsTest(input)) return left;
    left = { kind: "and", left, right: parseUnit(input) };
  }
}

/** Two tests may stand beside each other without a word between. */
function startsTest(input: Tokens): boolean {
  if (input.is("(")) return true;
  const follows = input.ahead(1);
  return (
    input.next.kind === "name" &&
    !input.is("or", "and", "by", "without") &&
    follows.kind === "sign" &&
    isComparison(follows.text)
  );
}

function parseUnit(input: Tokens): LabelTest {
  if (input.take("(") !== undefined) {
    const inner = input.deeper(() => parseLabelTest(input));
    input.expect(")");
    return inner;
  }
  const name = input.name("a label or a stage");
  const value = input.ahead(1);
  if (value.kind === "string") return { kind: "match", matcher: parseMatcher(input, name) };
  const op = COMPARE_OPS.find((each) => input.is(each));
  if (op === undefined) throw input.unexpected("expecting a comparison");
  if (isAddressCall(input) && (op === "=" || op === "!=")) {
    input.skip();
    return { kind: "address", name, negative: op === "!=", pattern: parseAddress(input) };
  }
  input.skip();
  return {
    kind: "compare",
    name,
    op: op === "=" ? "==" : (op satisfies CompareOp),
    ...parseValue(input),
  };
}

/** `= ip(`, with the operator next. */
function isAddressCall(input: Tokens): boolean {
  return input.ahead(1).text === "ip" && input.ahead(2).text === "(";
}

function parseAddress(input: Tokens): string {
  input.expect("ip");
  input.expect("(");
  const { at } = input.next;
  const pattern = input.string("an address, a network or a range");
  if (addressTest(pattern) === undefined) {
    throw input.error(
      `ip: ${JSON.stringify(pattern.slice(0, 32))} is no address, network or range`,
      at,
    );
  }
  input.expect(")");
  return pattern;
}

function parseValue(input: Tokens): { unit: "number" | "duration" | "bytes"; value: number } {
  const negative = input.take("-") !== undefined;
  const { text } = input.next;
  const sign = negative ? -1 : 1;
  const plain = readNumber(text);
  const duration = plain === undefined ? readDuration(text) : undefined;
  const bytes = plain === undefined && duration === undefined ? readBytes(text) : undefined;
  const value = input.quantity(
    () => plain ?? duration ?? bytes,
    "a string, number, duration or size",
  );
  const unit = plain !== undefined ? "number" : duration !== undefined ? "duration" : "bytes";
  return { unit, value: sign * value };
}
