import type { Entry } from "./entry.ts";
import { valueTest } from "./labels.ts";
import { ERROR_LABELS } from "./names.ts";
import { compilePattern } from "./regex.ts";
import type { Stream } from "./stream.ts";
import { addressTest } from "./stages/ip.ts";
import { addParsed, extractJson, extractJsonFields, unpack } from "./stages/json.ts";
import { extractLogfmt } from "./stages/logfmt.ts";
import { patternReader, patternTest } from "./stages/pattern.ts";
import { entryTest } from "./stages/test.ts";
import type { LogExpr, Matcher, Stage } from "./syntax/ast.ts";
import { compileTemplate, type Lookup } from "./template.ts";

/** Runs a line through stages, which change it; false for a line that is left out. */
export type Pipeline = (entry: Entry) => boolean;

export type StreamTest = (stream: Stream) => boolean;

export const PASS: Pipeline = () => true;

/** Compiles what is left to do with the lines that the store's filter lets through. */
export function compilePipeline(rest: LogExpr | undefined): Pipeline {
  if (rest === undefined) return PASS;
  const takes = streamTest(rest);
  const run = compileStages(rest);
  return takes === undefined ? run : (entry) => takes(entry.stream) && run(entry);
}

/** The stages alone. */
export function compileStages(rest: LogExpr | undefined): Pipeline {
  if (rest === undefined || rest.stages.length === 0) return PASS;
  const steps = rest.stages.map(compileStage);
  return (entry) => steps.every((step) => step(entry));
}

/** Whether the matchers take a stream, which is worked out once for each; undefined without any. */
export function streamTest(rest: LogExpr | undefined): StreamTest | undefined {
  if (rest === undefined || rest.matchers.length === 0) return undefined;
  const tests = rest.matchers.map((matcher) => ({
    name: matcher.name,
    passes: valueTest(matcher),
  }));
  const known = new WeakMap<Stream, boolean>();
  return (stream) => {
    const before = known.get(stream);
    if (before !== undefined) return before;
    const takes = tests.every(({ name, passes }) => passes(stream.labels.get(name) ?? ""));
    known.set(stream, takes);
    return takes;
  };
}

function compileStage(stage: Stage): Pipeline {
  switch (stage.kind) {
    case "line":
      return lineStep(stage);
    case "address": {
      const holds = addressTest(stage.pattern) ?? (() => false);
      return ({ line }) => holds(line) !== stage.negative;
    }
    case "filter":
      return entryTest(stage.test);
    case "json":
      return change((entry) =>
        stage.fields.length === 0 ? extractJson(entry) : extractJsonFields(entry, stage.fields),
      );
    case "logfmt":
      return change((entry) => extractLogfmt(entry, stage));
    case "unpack":
      return change(unpack);
    case "decolorize":
      return change((entry) => {
        entry.line = entry.line.replaceAll(COLOUR, "");
      });
    case "regexp": {
      const pattern = compilePattern(stage.pattern);
      return change((entry) => {
        for (const [name, value] of pattern.groups(entry.line) ?? []) addParsed(entry, name, value);
      });
    }
    case "pattern": {
      const read = patternReader(stage.pattern);
      return change((entry) => read(entry.line, (name, value) => addParsed(entry, name, value)));
    }
    case "line_format": {
      const template = compileTemplate(stage.template);
      return change((entry) => {
        entry.line = template(lookupIn(entry));
      });
    }
    case "label_format": {
      const fields = stage.fields.map((field) =>
        "from" in field ? field : { label: field.label, value: compileTemplate(field.template) },
      );
      return change((entry) => {
        for (const field of fields) {
          if ("from" in field) {
            entry.set(field.label, entry.get(field.from));
            entry.drop(field.from);
          } else entry.set(field.label, field.value(lookupIn(entry)));
        }
      });
    }
    case "drop": {
      const wanted = stage.labels.map(labelTest);
      return change((entry) => {
        for (const name of entry.names()) {
          if (wanted.some((test) => test(name, entry))) entry.drop(name);
        }
      });
    }
    case "keep": {
      const wanted = stage.labels.map(labelTest);
      return change((entry) => {
        for (const name of entry.names()) {
          const internal = ERROR_LABELS.some((error) => error === name);
          if (!internal && !wanted.some((test) => test(name, entry))) entry.drop(name);
        }
      });
    }
  }
}

// oxlint-disable-next-line no-control-regex -- the escapes of terminals begin with one
const COLOUR = /\u001b\[[0-9;]{0,32}[A-Za-z]/g;

function change(run: (entry: Entry) => void): Pipeline {
  return (entry) => {
    run(entry);
    return true;
  };
}

function lineStep({ op, texts }: Stage & { readonly kind: "line" }): Pipeline {
  const tests = texts.map((text): ((line: string) => boolean) => {
    if (op === "|=" || op === "!=") return (line) => line.includes(text);
    if (op === "|>" || op === "!>") return patternTest(text);
    const pattern = compilePattern(text);
    return (line) => pattern.test(line);
  });
  const negative = op.startsWith("!");
  return ({ line }) => tests.some((test) => test(line)) !== negative;
}

function lookupIn(entry: Entry): Lookup {
  return (name) => {
    if (name === "__line__") return entry.line;
    return name === "__timestamp__" ? entry.time : entry.get(name);
  };
}

function labelTest(label: string | Matcher): (name: string, entry: Entry) => boolean {
  if (typeof label === "string") return (name) => name === label;
  const passes = valueTest(label);
  return (name, entry) => name === label.name && passes(entry.get(name));
}
