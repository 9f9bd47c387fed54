import fc from "fast-check";
import { expect, test } from "vitest";

import { createKeyTest, createTextScrub, REDACTED } from "@neurallog/client/redaction";

const scrub = createTextScrub(createKeyTest());

const secret = fc.stringMatching(/^[a-z]{12}$/).map((text) => `SECRET${text}`);
const holder = fc.constantFrom("password", "api_key", "X-Auth-Token", "clientSecret", "PGPASSWORD");
const harmless = fc.jsonValue({ maxDepth: 2 });

test("property: no value under a secret's name is left in JSON, however deep it stands in strings of strings and wherever it is cut", () => {
  fc.assert(
    fc.property(
      secret,
      holder,
      harmless,
      fc.nat(600),
      fc.nat(3),
      (hidden, name, other, cut, depth) => {
        let text = JSON.stringify({ a: other, list: [{ [name]: hidden }], z: other });
        for (let level = 0; level < depth; level++) text = JSON.stringify({ text });
        expect(scrub(text)).not.toContain(hidden);
        expect(scrub(text.slice(0, cut))).not.toContain(hidden.slice(0, 7));
      },
    ),
    { numRuns: 500 },
  );
});

test("property: JSON in strings of strings stays JSON, and what is no secret stays what it is", () => {
  fc.assert(
    fc.property(secret, holder, fc.string(), fc.nat(3), (hidden, name, other, depth) => {
      // Only what could be taken for a value of its own, or for a secret by its looks, is left out.
      const around = other.replaceAll(/[:=]/g, "");
      const inner = { a: around, [name]: [hidden, { b: around }], z: around };
      let [text, clean] = [
        JSON.stringify(inner),
        JSON.stringify({ a: around, [name]: REDACTED, z: around }),
      ];
      for (let level = 0; level < depth; level++)
        [text, clean] = [JSON.stringify({ text }), JSON.stringify({ text: clean })];
      expect(scrub(text)).toBe(clean);
    }),
    { numRuns: 500 },
  );
});

test("property: cleaning what is clean changes nothing", () => {
  const piece = fc.constantFrom('"', "'", "\\", ":", "=", "{", "}", "token", "password", " ", "x");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const once = scrub(pieces.join(""));
      expect(scrub(once).length).toBeLessThanOrEqual(once.length + 2 * REDACTED.length);
    }),
  );
});

test.each([
  "{",
  '"',
  ":",
  "=",
  '":',
  "\\",
  '\\"',
  '"auth":{\\',
  '{"a":',
  '"password":{',
  "password",
  "password=",
  "password: ",
  "authorization:    ",
  "cookie:x",
  "https://a:",
  "a://b:c",
  "eyJ-",
  "eyJaaaaaaaa.",
  "nlk_-",
  "bearer ",
  "basic aaaaaaaaaaaaaaaaaaaa",
  '["token","',
  '"token","value":',
  '","',
  '--token "',
  "--token x",
  "<a>",
  "<token>x",
  "<token x",
  "</",
  "%5D",
  "a]=",
  "--",
  "[\\\\\\",
  "-----BEGIN ",
  "-----BEGIN PRIVATE KEY-----",
])("attack: %j again and again takes linear time", (piece) => {
  const text = piece.repeat(1_000_000 / piece.length);
  expect(scrub(`"auth":{${text}`).length).toBeGreaterThan(0);
  expect(scrub(text).length).toBeGreaterThan(0);
});

test("attack: made-up names without end do not make a secret pass", () => {
  const names = Array.from({ length: 5_000 }, (_name, at) => `name${at}: 1`).join(", ");
  expect(scrub(`${names} password=hunter2`)).toBe(`${names} password=${REDACTED}`);
});
