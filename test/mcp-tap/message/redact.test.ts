import { readFileSync } from "node:fs";

import fc from "fast-check";
import { expect, test } from "vitest";

import { Redactor } from "../../../apps/mcp-tap/src/message/redact.ts";

interface Vectors {
  readonly secret_names: readonly string[];
  readonly open_names: readonly string[];
  readonly values: readonly (readonly [value: object, clean: object])[];
  readonly texts: readonly (readonly [text: string, clean: string])[];
}
const list = new URL("../../../apps/client/redaction.json", import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(list, "utf8")).vectors;

const redactor = new Redactor(["pin"]);
const redact = (text: string) => redactor.redact(text);

test.each([
  ['{"password":"p"}', '{"password":"[REDACTED]"}'],
  ['{ "api_key" : 17 , "a":1.0e400 }', '{ "api_key" : "[REDACTED]" , "a":1.0e400 }'],
  ['{"Authorization":["a","b"],"x":[]}', '{"Authorization":"[REDACTED]","x":[]}'],
  ['{"githubToken":{"a":{"b":"}"}},"x":1}', '{"githubToken":"[REDACTED]","x":1}'],
  ['{"pass\\u0077ord":"p"}', '{"pass\\u0077ord":"[REDACTED]"}'],
  ['{"PIN":"4711","spinner":"s"}', '{"PIN":"[REDACTED]","spinner":"s"}'],
  ['{"secret":null,"token":true}', '{"secret":null,"token":true}'],
  ['{"_meta":{"progressToken":7}}', '{"_meta":{"progressToken":7}}'],
  ['{"text":"{\\"token\\":\\"t\\"}"}', '{"text":"{\\"token\\":\\"[REDACTED]\\"}"}'],
  ['{"text":"{\\u0022token\\u0022:1}"}', '{"text":"{\\"token\\":\\"[REDACTED]\\"}"}'],
  ["Bearer abcdefghijklmnopqrst", "Bearer [REDACTED]"],
  ['"nlk_0123456789012345678901234567890123456789012"', '"[REDACTED]"'],
])("%s becomes %s", (text, clean) => {
  expect(redact(text)).toBe(clean);
});

test.each(vectors.secret_names)("%s is a secret here as in the clients", (name) => {
  expect(JSON.parse(redact(JSON.stringify({ [name]: "s" })))).toEqual({ [name]: "[REDACTED]" });
});

test.each(vectors.open_names)("%s is no secret here as in the clients", (name) => {
  expect(JSON.parse(redact(JSON.stringify({ [name]: "s" })))).toEqual({ [name]: "s" });
});

test.each(vectors.values)("the value %j is redacted as by the clients", (value, clean) => {
  expect(JSON.parse(redact(JSON.stringify(value)))).toEqual(clean);
});

test.each(vectors.texts)(
  "the text %j in a message is redacted as by the clients",
  (text, clean) => {
    const { text: found } = JSON.parse(redact(JSON.stringify({ text })));
    // What was cut in the middle of a secret is closed here.
    expect([clean, `${clean}"`]).toContain(found);
  },
);

test("a value whose name comes behind it goes too, with all that is in it", () => {
  expect(redact('{"value":{"a":[1,"x"],"value":2},"name":"db_password","z":1}')).toBe(
    '{"value":"[REDACTED]","name":"db_password","z":1}',
  );
});

test.each([
  ['["token","s"]', '["token","[REDACTED]"]'],
  ['{"a":["Authorization",["Bearer s"]]}', '{"a":["Authorization","[REDACTED]"]}'],
  ['[["token",7],["user",7]]', '[["token","[REDACTED]"],["user",7]]'],
  ['["token",["s"', '["token","[REDACTED]"'],
  ['["token","password=s"', '["token","[REDACTED]"'],
  ['["token",["token",["a"],"b"],"c"]', '["token",["token",["a"],"b"],"c"]'],
])("of a pair the second goes where the first is a secret's name: %s", (text, clean) => {
  expect(redact(text)).toBe(clean);
});

test("names in the lists of a schema are no pairs", () => {
  const text = '{"required":["password","user"],"enum":["token","none"],"a":["token","user","x"]}';
  expect(redact(text)).toBe(text);
});

test("the schema of a field that holds a secret is no secret, and an example in it is", () => {
  const text =
    '{"inputSchema":{"properties":{"password":{"type":"string"},"a":{"properties":{"token":{"type":"string"}}}}}}';
  expect(redact(text)).toBe(text);
  expect(redact('{"properties":{"password":{"default":{"password":"x"}}}}')).toBe(
    '{"properties":{"password":{"default":{"password":"[REDACTED]"}}}}',
  );
  expect(redact('{"properties":{"password":"x"}}')).toBe(
    '{"properties":{"password":"[REDACTED]"}}',
  );
});

test.each([
  ['{"password":"p', '{"password":"[REDACTED]"'],
  ['{"password":{"a":"p"', '{"password":"[REDACTED]"'],
  ['{"password":', '{"password":'],
  ['{"text":"{\\"token\\":\\"t\\"', '{"text":"{\\"token\\":\\"[REDACTED]\\""'],
  ['{"text":"{\\"token\\":\\"t\\\\', '{"text":"{\\"token\\":\\"[REDACTED]\\""'],
  ['{"text":"{\\"token\\":\\"t\\u00', '{"text":"{\\"token\\":\\"[REDACTED]\\""'],
  ['{"text":"{\\"token\\":\\"t\\x\\"}"}', '{"text":"{\\"token\\":\\"[REDACTED]\\"}"}'],
  ['{"text":"{\\"token\\":\\"t', '{"text":"{\\"token\\":\\"[REDACTED]\\""'],
  ['not json "password": "p" end', 'not json "password": "[REDACTED]" end'],
])("what was cut, or is no JSON, is redacted all the same: %s", (text, clean) => {
  expect(redact(text)).toBe(clean);
});

const secret = fc.stringMatching(/^[a-z]{12}$/).map((text) => `SECRET${text}`);
const harmless = fc.jsonValue({ maxDepth: 3 });
const holder = fc.constantFrom("password", "api_key", "X-Auth-Token", "client_secret", "Cookie");

test("property: no value under a secret's name is left, wherever it stands and wherever the text is cut", () => {
  fc.assert(
    fc.property(
      secret,
      holder,
      harmless,
      fc.nat(400),
      fc.boolean(),
      (hidden, name, other, cut, nested) => {
        const inner = { a: other, list: [{ [name]: hidden }], z: other };
        const value = nested ? { text: JSON.stringify(inner) } : inner;
        const text = JSON.stringify(value);
        expect(redact(text)).not.toContain(hidden);
        expect(redact(text.slice(0, cut))).not.toContain(hidden.slice(0, 7));
      },
    ),
    { numRuns: 500 },
  );
});

test("property: text without secrets stays as it is, character by character", () => {
  fc.assert(
    fc.property(fc.string(), harmless, (text, value) => {
      const json = JSON.stringify(value, null, 1);
      expect([redact(json), redact(text)]).toEqual([json, text]);
    }),
  );
});

test("property: redacted JSON is JSON", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.oneof(holder, fc.string()), harmless), (value) => {
      expect(() => JSON.parse(redact(JSON.stringify(value)))).not.toThrow();
    }),
  );
});

test("attack: lists in lists that might be pairs take linear time", () => {
  const depth = 50_000;
  const text = `${'["token",'.repeat(depth)}1${',"a"]'.repeat(depth)}`;
  expect(redact(text)).toBe(text);
  const objects = `${'{"value":'.repeat(depth)}1${',"name":"token"}'.repeat(depth)}`;
  expect(redact(objects)).toBe('{"value":"[REDACTED]","name":"token"}');
});

test("attack: text made to be walked again and again takes linear time", () => {
  for (const piece of [
    "{",
    '"',
    '{"a":',
    "eyJ-",
    "eyJaaaaaaaa.",
    '\\"',
    '"password":{',
    "nlk_-",
    '{"value":',
    '{"name":"token",',
    '["token",',
    '["--token",',
    "token=",
    "https://a:",
    '"a=',
  ]) {
    const text = piece.repeat(1_000_000 / piece.length);
    expect(redact(text).length).toBeGreaterThan(0);
  }
});
