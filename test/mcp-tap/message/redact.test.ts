import fc from "fast-check";
import { expect, test } from "vitest";

import { Redactor } from "../../../apps/mcp-tap/src/message/redact.ts";

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

test("attack: text made to be walked again and again takes linear time", () => {
  for (const piece of ["{", '"', '{"a":', "eyJ-", "eyJaaaaaaaa.", '\\"', '"password":{', "nlk_-"]) {
    const text = piece.repeat(1_000_000 / piece.length);
    expect(redact(text).length).toBeGreaterThan(0);
  }
});
