import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type ConnectionOptions } from "node:tls";

import { afterAll, beforeAll, expect, test } from "vitest";

import { readServeConfig } from "../../../apps/log-service/src/config/serve.ts";
import { TlsFiles } from "../../../apps/log-service/src/http/tls.ts";
import { TestAuthority, type Issued } from "../http/tls/certificates.ts";
import { closed, startTestSyslog, type Syslog } from "./support.ts";

let authority: TestAuthority;
let sender: Issued;
let stranger: Issued;
let folder: string;
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "neurallog-syslog-"));
  authority = await TestAuthority.open();
  const own = await authority.issue("CN=log", [{ type: "dns", value: "localhost" }]);
  sender = await authority.issue("CN=host");
  stranger = await (await TestAuthority.open("CN=Another")).issue("CN=host");
  for (const [name, text] of [
    ["cert", own.cert],
    ["key", own.key],
    ["ca", authority.cert],
  ] as const) {
    writeFileSync(file(name), text);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Syslog with TLS; `"asking"` for a certificate of the authority. */
function start(how: "asking" | "not asking", env: Readonly<Record<string, string>> = {}) {
  const clientCaFile = how === "asking" ? file("ca") : undefined;
  const tls = new TlsFiles(
    { certFile: file("cert"), keyFile: file("key"), clientCaFile },
    () => undefined,
  );
  return startTestSyslog({ NEURALLOG_SYSLOG_TLS: "127.0.0.1:0", ...env }, tls);
}

function open(syslog: Syslog, options: ConnectionOptions = {}) {
  const socket = connect({
    host: "127.0.0.1",
    servername: "localhost",
    port: syslog.tlsPort,
    ca: authority.cert,
    ...options,
  });
  socket.on("error", () => undefined);
  // Nothing is answered, but only who reads hears of the end.
  socket.resume();
  return socket;
}

test("messages over TLS are stored", async () => {
  await using syslog = await start("not asking");
  const socket = open(syslog);
  await once(socket, "secureConnect");
  expect(socket.authorized).toBe(true);
  socket.write("7 <13>one7 <13>two");
  expect(await syslog.messages(2)).toEqual(["one", "two"]);
  socket.destroy();
});

test("a sender with a certificate of the authority is heard, where one is asked for", async () => {
  await using syslog = await start("asking");
  const socket = open(syslog, { cert: sender.cert, key: sender.key });
  socket.write("<13>one\n");
  expect(await syslog.messages(1)).toEqual(["one"]);
  socket.destroy();
});

test("attack: a sender without a certificate, or with another authority's, is not heard", async () => {
  await using syslog = await start("asking");
  for (const shown of [{}, { cert: stranger.cert, key: stranger.key }]) {
    const socket = open(syslog, shown);
    socket.write("<13>one\n");
    await closed(socket);
  }
  await expect
    .poll(() => syslog.count("neurallog_requests_refused_total", "NL_SYSLOG_TLS"))
    .toBe(2);
  expect(syslog.kept).toEqual([]);
});

test("attack: plain text is no TLS, and others are served on", async () => {
  await using syslog = await start("not asking");
  const plain = await syslog.open(syslog.tlsPort);
  plain.write("<13>one\n");
  await closed(plain);
  const socket = open(syslog);
  socket.write("<13>two\n");
  expect(await syslog.messages(1)).toEqual(["two"]);
  socket.destroy();
});

test("attack: an address outside the networks gets no handshake", async () => {
  await using syslog = await start("not asking", { NEURALLOG_SYSLOG_NETWORKS: "192.0.2.0/24" });
  const socket = open(syslog);
  let shaken = false;
  socket.on("secureConnect", () => (shaken = true));
  await closed(socket);
  expect(shaken).toBe(false);
  expect(await syslog.count("neurallog_requests_refused_total", "NL_SYSLOG_SENDER")).toBe(1);
});

test("a handshake that never comes does not hold up the stop", async () => {
  const syslog = await start("not asking");
  const silent = await syslog.open(syslog.tlsPort);
  await syslog.stop();
  await closed(silent);
  expect(silent.closed).toBe(true);
});

test("an address for TLS without a certificate is refused at the start", () => {
  const env = {
    NEURALLOG_TENANT: "acme",
    NEURALLOG_REDIS_URL: "redis://127.0.0.1:1",
    NEURALLOG_ACCESS_FILE: "x",
    NEURALLOG_KEYS_DIR: "x",
    NEURALLOG_SYSLOG_TLS: "127.0.0.1:6514",
  };
  expect(() => readServeConfig(env)).toThrow("NEURALLOG_TLS_CERT_FILE");
});
