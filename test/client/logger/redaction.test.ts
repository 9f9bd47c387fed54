import { expect, test } from "vitest";

import { REDACTED } from "@neurallog/client/redaction";
import { sendAll, sentBy, startCollector, startLogger } from "./support.ts";

test.each([
  "password",
  "Password",
  "PASSWORD",
  "user_password",
  "userPassword",
  "smtp-password",
  "token",
  "accessToken",
  "refresh_token",
  "X-Auth-Token",
  "api_key",
  "api-key",
  "apiKey",
  "APIKEY",
  "X-API-Key",
  "STRIPE_API_KEY",
  "authorization",
  "Proxy-Authorization",
  "http.request.header.authorization",
  "secret",
  "client_secret",
  "clientSecret",
  "aws_secret_access_key",
  "private-key",
  "Set-Cookie",
  "credentials",
])("the value of %s is not sent, at any depth", async (name) => {
  const value = "hunter2";
  const sent = await sentBy((logger) =>
    logger.child({ [name]: value }).info("m", {
      [name]: { inner: value },
      list: [{ [name]: value }],
      deep: { er: { [name]: [value] } },
      map: new Map([[name, value]]),
      error: Object.assign(new Error("failed"), { [name]: value }),
    }),
  );
  expect(JSON.stringify(sent)).not.toContain(value);
  expect(sent.data).toMatchObject({
    [name]: REDACTED,
    list: [{ [name]: REDACTED }],
    deep: { er: { [name]: REDACTED } },
    map: { [name]: REDACTED },
    error: { [name]: REDACTED },
  });
});

test.each([
  "max_tokens",
  "tokenizer",
  "passwordless",
  "keyboard",
  "apikeys_count",
  "secretary",
  "cookie_consent",
])("%s is no secret", async (name) => {
  const { data } = await sentBy((logger) => logger.info("m", { [name]: 42 }));
  expect(data).toEqual({ [name]: 42 });
});

test("the value of a secret is not even read", async () => {
  const fields = {
    get password(): string {
      throw new Error("read");
    },
  };
  const { data } = await sentBy((logger) => logger.info("m", fields));
  expect(data).toEqual({ password: REDACTED });
});

test("what toJSON makes is redacted", async () => {
  const user = { name: "Ada", toJSON: () => ({ name: "Ada", token: "hunter2" }) };
  const { data } = await sentBy((logger) => logger.info("m", { user, own: user }));
  expect(data).toMatchObject({ user: { name: "Ada", token: REDACTED } });
});

test("attack: a request's headers as Node keeps them raw", async () => {
  const request = {
    rawHeaders: ["Host", "acme", "Authorization", "Bearer hunter2", "Accept", "*/*"],
    _header: "GET / HTTP/1.1\r\nAuthorization: Bearer hunter2\r\n",
    headers: { authorization: "Bearer hunter2", host: "acme" },
  };
  const sent = await sentBy((logger) => logger.info("m", { request }));
  expect(JSON.stringify(sent)).not.toContain("hunter2");
  expect(sent.data).toMatchObject({
    request: { rawHeaders: ["Host", "acme", "Authorization", REDACTED, "Accept", "*/*"] },
  });
});

test("attack: headers in every form that Node and browsers have", async () => {
  const pairs: [string, string][] = [
    ["Authorization", "Bearer hunter2"],
    ["accept", "*/*"],
  ];
  const { data } = await sentBy((logger) =>
    logger.info("m", {
      pairs,
      headers: new Headers(pairs),
      map: new Map(pairs),
      mixed: new Map<unknown, unknown>([...pairs, [1, 2]]),
      turns: { requestHeaders: pairs.flat(), trailers: new Set(pairs) },
      named: pairs.map(([name, value]) => ({ value, name })),
      url: new URL("https://ada:hunter2@acme.example/a?api_key=hunter2&b=1"),
      query: new URLSearchParams("token=hunter2&b=1"),
    }),
  );
  expect(JSON.stringify(data)).not.toContain("hunter2");
  expect(data).toMatchObject({
    pairs: [
      ["Authorization", REDACTED],
      ["accept", "*/*"],
    ],
    headers: { authorization: REDACTED, accept: "*/*" },
    turns: { requestHeaders: ["Authorization", REDACTED, "accept", "*/*"] },
    named: [
      { name: "Authorization", value: REDACTED },
      { name: "accept", value: "*/*" },
    ],
    url: `https://ada:${REDACTED}@acme.example/a?api_key=${REDACTED}&b=1`,
    query: { token: REDACTED, b: "1" },
  });
});

test("attack: an error that tells the address it failed at", async () => {
  const error = new Error("connect to redis://:hunter2@db:6379 failed", {
    cause: { config: '{"password":"hunter2"}' },
  });
  const sent = await sentBy((logger) => logger.error("failed with PGPASSWORD=hunter2", error));
  expect(JSON.stringify(sent)).not.toContain("hunter2");
});

test("attack: made-up keys without end do not make a secret pass", async () => {
  await using collector = await startCollector();
  await using started = startLogger({ url: collector.url, queue: { records: 10 } });
  const { logger } = started;
  // More than are kept, so that what is known of each is forgotten several times.
  for (let at = 0; at < 20_000; at++) logger.info("m", { [`key${at}`]: 1, password: "hunter2" });
  await sendAll(logger);
  const last = collector.records().at(-1);
  expect(last?.data).toEqual({ key19999: 1, password: REDACTED });
  expect(JSON.stringify(collector.seen)).not.toContain("hunter2");
});

test("names of one's own are redacted in all their forms, and expressions as they are", async () => {
  const { data } = await sentBy(
    (logger) =>
      logger.info("m", {
        email: "a",
        "customer-Email": "b",
        emails: 1,
        x_internal: "c",
        name: "d",
      }),
    { redact: { fields: ["e_mail", "email", /_internal$/g] } },
  );
  expect(data).toEqual({
    email: REDACTED,
    "customer-Email": REDACTED,
    emails: 1,
    x_internal: REDACTED,
    name: "d",
  });
});

test("patterns are replaced in messages and texts at any depth, each time", async () => {
  const card = "4111 1111 1111 1111";
  const { message, data } = await sentBy(
    (logger) =>
      logger.info(`paid with ${card} and ${card}`, { flat: card, nested: { list: [card] } }),
    { redact: { patterns: [/\b\d{4}(?: \d{4}){3}\b/] } },
  );
  expect(message).toBe(`paid with ${REDACTED} and ${REDACTED}`);
  expect(data).toEqual({ flat: REDACTED, nested: { list: [REDACTED] } });
});

test("attack: a secret over the place where a text is cut is not sent in half", async () => {
  const secret = "sk_live_0123456789abcdef";
  const text = `${"x".repeat(8 * 1024 - 10)}${secret}`;
  const sent = await sentBy((logger) => logger.info("m", { text }), {
    redact: { patterns: [/sk_live_\w+/] },
  });
  expect(JSON.stringify(sent)).not.toContain("sk_live");
});

test("the default names can be left out", async () => {
  const { data } = await sentBy((logger) => logger.info("m", { password: "a", email: "b" }), {
    redact: { defaults: false, fields: ["email"] },
  });
  expect(data).toEqual({ password: "a", email: REDACTED });
});
