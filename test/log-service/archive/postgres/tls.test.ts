import { chmodSync, chownSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, it } from "vitest";

import { createPostgresReader } from "../../../../apps/log-service/src/archive/postgres/reader.ts";
import { accountForServer } from "../../../../tools/postgres/account.ts";
import { TestAuthority } from "../../http/tls/certificates.ts";
import { query } from "../samples.ts";
import { openSite, startSite, type OpenSite, type Site } from "./site.ts";

let authority: TestAuthority;
let folder: string;
let site: Site;
let open: OpenSite;

beforeAll(async () => {
  authority = await TestAuthority.open();
  folder = mkdtempSync(join(tmpdir(), "neurallog-tls-"));
  chmodSync(folder, 0o711);
  const { cert, key } = await authority.issue("CN=archive", [{ type: "ip", value: "127.0.0.1" }]);
  const [certFile, keyFile] = [join(folder, "server.crt"), join(folder, "server.key")];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  const account = accountForServer();
  if (account) chownSync(keyFile, account.uid, account.gid);
  const settings = { ssl: "on", ssl_cert_file: certFile, ssl_key_file: keyFile };
  site = await startSite({ settings });
  open = await openSite(site);
});
afterAll(async () => {
  await open.close();
  await site.stop();
  await rm(folder, { recursive: true, force: true });
});

async function askWith(ca: string, host = "127.0.0.1"): Promise<unknown> {
  const { url, ...rest } = open.addresses.reader;
  const reader = createPostgresReader({ ...rest, url: url.replace("127.0.0.1", host), ca });
  try {
    return await reader.read(query());
  } finally {
    await reader.close();
  }
}

it("speaks TLS where an authority is named, and checks the server by it", async () => {
  expect(await askWith(authority.cert)).toEqual({ records: [], more: false });
});

it("attack: a server whose certificate comes from somebody else gets no password", async () => {
  const other = await TestAuthority.open("CN=Somebody else");
  await expect(askWith(other.cert)).rejects.toMatchObject({
    code: "NL_ARCHIVE_UNAVAILABLE",
    cause: expect.objectContaining({ message: expect.stringMatching(/certificate|signature/i) }),
  });
});

it("attack: a certificate of another host does not pass for this one's", async () => {
  await expect(askWith(authority.cert, "localhost")).rejects.toMatchObject({
    code: "NL_ARCHIVE_UNAVAILABLE",
    cause: expect.objectContaining({ message: expect.stringMatching(/altnames|Host/) }),
  });
});

it("attack: a server without TLS gets no password where TLS is wanted", async () => {
  await using plain = await startSite();
  const { reader: address } = await plain.database();
  const reader = createPostgresReader({ ...address, ca: authority.cert });
  await expect(reader.read(query())).rejects.toMatchObject({
    code: "NL_ARCHIVE_UNAVAILABLE",
    cause: expect.objectContaining({ message: expect.stringMatching(/SSL/) }),
  });
  await reader.close();
});
