import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { readConfig } from "../../apps/mcp-tap/src/config.ts";

test.each(["false", "0", "FALSE", " no ", "off", "Disabled"])(
  "LOGGING_ENABLED=%s records nothing, as it logs nothing in the clients",
  (word) => {
    const env = { NEURALLOG_URL: "http://127.0.0.1:1", LOGGING_ENABLED: word };
    expect(readConfig(["--", "server"], env)).toMatchObject({
      record: undefined,
      whyNot: "LOGGING_ENABLED is off",
    });
  },
);

test.each([undefined, "", "true", "1"])("LOGGING_ENABLED=%s records", (word) => {
  const env = { NEURALLOG_URL: "http://127.0.0.1:1", LOGGING_ENABLED: word };
  expect(readConfig(["--", "server"], env).record).toBeDefined();
});

test.each([
  ["holds a key", "nlk_1\n", "nlk_1"],
  ["has two lines", "a\nb", undefined],
  ["is longer than a key", "x".repeat(10_000), undefined],
  ["is longer than a key by its blanks", `nlk_1${" ".repeat(10_000)}`, undefined],
])("a key file that %s", (_what, content, key) => {
  const folder = mkdtempSync(join(tmpdir(), "neurallog-tap-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "key");
  writeFileSync(file, content);
  const read = () =>
    readConfig(["--key-file", file, "--", "server"], { NEURALLOG_URL: "http://127.0.0.1:1" });
  if (key === undefined) expect(read).toThrow("does not hold an API key");
  else expect(read().record).toMatchObject({ key });
});

test("attack: a key file without an end is refused, not read", () => {
  const read = () =>
    readConfig(["--key-file", "/dev/zero", "--", "server"], {
      NEURALLOG_URL: "http://127.0.0.1:1",
    });
  expect(read).toThrow("does not hold an API key");
});
