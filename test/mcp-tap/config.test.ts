import { expect, test } from "vitest";

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
