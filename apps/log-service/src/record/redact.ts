import { RECORD_LIMITS } from "../limits.ts";
import { createFieldTest, fieldsInText, redactValue } from "./redact-fields.ts";
import { patternRule, type RedactionPattern } from "./redact-patterns.ts";
import { PRESETS, REDACTED, type Preset, type TextRule } from "./redact-presets.ts";
import type { JsonValue, PreparedRecord } from "./record.ts";

export interface RedactionConfig {
  /** Names of fields, in any case, whose values are not stored. */
  readonly fields: readonly string[];
  readonly presets: readonly Preset[];
  readonly patterns: readonly RedactionPattern[];
}

/** Takes out of records what must not be stored. */
export interface Redactor {
  /** False: `apply` answers what it gets, and nobody needs to make a record for it. */
  readonly active: boolean;
  /**
   * A record without it; the very one where nothing had to go. Never throws: what a rule cannot read
   * is not stored.
   */
  apply(record: PreparedRecord): PreparedRecord;
}

export const NO_REDACTION: Redactor = { active: false, apply: (record) => record };

export function createRedactor({ fields, presets, patterns }: RedactionConfig): Redactor {
  const rules: TextRule[] = [
    // First: a value that a field's name gives away is gone whole, not but for a part.
    ...(fields.length === 0 ? [] : [fieldsInText(fields)]),
    ...presets.map((name) => PRESETS[name]),
    ...patterns.map((pattern) => patternRule(pattern)),
  ];
  if (rules.length === 0) return NO_REDACTION;
  const isSecret = createFieldTest(fields);
  const clean: TextRule = (text) => {
    let cleaned = text;
    for (const rule of rules) cleaned = rule(cleaned);
    return cleaned;
  };
  // What stands in a text's place may be longer than the text: limits hold also after this.
  const cleanMessage: TextRule = (text) => {
    const cleaned = clean(text);
    return cleaned.length > RECORD_LIMITS.messageUnits
      ? cleaned.slice(0, RECORD_LIMITS.messageUnits).toWellFormed()
      : cleaned;
  };
  const cleanSource: TextRule = (text) =>
    clean(text).slice(0, RECORD_LIMITS.sourceUnits).toWellFormed();
  const cleanJsonText = (json: string): string => {
    if (json === "") return json;
    const value: JsonValue = JSON.parse(json);
    const cleaned = redactValue(value, isSecret, clean);
    if (cleaned === value) return json;
    const text = JSON.stringify(cleaned);
    if (text.length > RECORD_LIMITS.metadataUnits) throw new RangeError("longer than it may be");
    return text;
  };
  return {
    active: true,
    apply: (record) => {
      const message = orElse(cleanMessage, record.message, REDACTED);
      const source = record.source === "" ? "" : orElse(cleanSource, record.source, REDACTED);
      const tags = orElse(cleanJsonText, record.tags, JSON.stringify([REDACTED]));
      const metadata = orElse(
        cleanJsonText,
        record.metadata,
        JSON.stringify({ redacted: REDACTED }),
      );
      const { message: was, source: from } = record;
      if (
        message === was &&
        source === from &&
        tags === record.tags &&
        metadata === record.metadata
      ) {
        return record;
      }
      return { ...record, message, source, tags, metadata };
    },
  };
}

function orElse(rule: TextRule, text: string, instead: string): string {
  try {
    return rule(text);
  } catch {
    return instead;
  }
}
