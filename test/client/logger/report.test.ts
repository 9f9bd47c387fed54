import { expect, test } from "vitest";

import { freePort } from "../../support/port.ts";
import { runApplication } from "./support.ts";

// What a broken pipe or a rejection would end shows in the exit code.
const GO_ON = `
log.info("m");
while (log.stats().lastError === undefined) await new Promise((done) => setTimeout(done, 20));
for (let at = 0; at < 3; at++) { log.info("m"); await log.flush(100); await new Promise((done) => setTimeout(done, 50)); }
process.exitCode = 7;`;

test("a standard error that nobody reads any more does not end the application", async () => {
  const { code } = await runApplication(
    `await new Promise((done) => process.stdin.once("end", done).resume());
     const log = createLogger();${GO_ON}`,
    { NEURALLOG_URL: `http://127.0.0.1:${await freePort()}` },
    async (child) => {
      child.stderr?.destroy();
      child.stdin?.end();
    },
  );
  expect(code).toBe(7);
});

test("a standard error that is closed from the start does not end the application", async () => {
  const { code } = await runApplication(
    `import { closeSync } from "node:fs"; closeSync(2); const log = createLogger();${GO_ON}`,
    { NEURALLOG_URL: `http://127.0.0.1:${await freePort()}` },
  );
  expect(code).toBe(7);
});

test("what an asynchronous onError rejects with is nobody's", async () => {
  const { code, stderr } = await runApplication(
    `const log = createLogger({ quiet: true, onError: async () => { throw new Error("mine"); } });${GO_ON}`,
    { NEURALLOG_URL: `http://127.0.0.1:${await freePort()}` },
  );
  expect({ code, stderr }).toEqual({ code: 7, stderr: "" });
});

test("what onError answers is not looked at, be it a thenable that throws", async () => {
  const { code, stderr } = await runApplication(
    `const log = createLogger({ quiet: true, onError: () => ({ get then() { throw new Error("mine"); } }) });${GO_ON}`,
    { NEURALLOG_URL: `http://127.0.0.1:${await freePort()}` },
  );
  expect({ code, stderr }).toEqual({ code: 7, stderr: "" });
});

test("errors of standard error stay the application's own, where it listens to them", async () => {
  const { code, stdout } = await runApplication(
    `process.stderr.on("error", () => console.log("heard"));
     await new Promise((done) => process.stdin.once("end", done).resume());
     const log = createLogger();${GO_ON}`,
    { NEURALLOG_URL: `http://127.0.0.1:${await freePort()}` },
    async (child) => {
      child.stderr?.destroy();
      child.stdin?.end();
    },
  );
  expect({ code, stdout }).toEqual({ code: 7, stdout: "heard\n" });
});
