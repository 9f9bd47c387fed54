import type { Entry } from "../entry.ts";
import { valueTest } from "../labels.ts";
import { ERROR_LABELS } from "../names.ts";
import type { CompareOp, LabelTest, Unit } from "../syntax/ast.ts";
import { addressTest } from "./ip.ts";
import { readBytes, readDuration, readNumber } from "../syntax/units.ts";

export type EntryTest = (entry: Entry) => boolean;

const READERS: Readonly<Record<Unit, (text: string) => number | undefined>> = {
  number: readNumber,
  duration: readDuration,
  bytes: readBytes,
};

/** A label filter. Lines with a mistake pass unless the test looks at the mistake itself, as Loki's do. */
export function entryTest(test: LabelTest): EntryTest {
  switch (test.kind) {
    case "and": {
      const [left, right] = [entryTest(test.left), entryTest(test.right)];
      return (entry) => left(entry) && right(entry);
    }
    case "or": {
      const [left, right] = [entryTest(test.left), entryTest(test.right)];
      return (entry) => left(entry) || right(entry);
    }
    case "match": {
      const passes = valueTest(test.matcher);
      return (entry) => passes(entry.get(test.matcher.name));
    }
    case "address": {
      const holds = addressTest(test.pattern) ?? (() => false);
      return (entry) => {
        const text = entry.get(test.name);
        return text !== "" && holds(text) !== test.negative;
      };
    }
    case "compare": {
      const { name, op, unit, value } = test;
      const read = READERS[unit];
      const compare = COMPARE[op];
      return (entry) => {
        if (entry.error !== "" && !ERROR_LABELS.some((error) => error === name)) {
          return true;
        }
        const text = entry.get(name);
        if (text === "") return false;
        const found = read(text);
        if (found !== undefined) return compare(found, value);
        entry.fail("LabelFilterErr", `${JSON.stringify(text.slice(0, 32))} is no ${unit}`);
        return true;
      };
    }
  }
}

export const COMPARE: Readonly<Record<CompareOp, (a: number, b: number) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
};
