import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readCluster, readTenant } from "../../../generator/record/read.ts";
import { leftOutside } from "../../../operate/offboard/outside.ts";
import { root } from "../../../tools/root.ts";

const read = (path: string): string => readFileSync(join(root, path), "utf8");

function left(tenant: string, cluster: string): string[] {
  const { sourced } = readTenant(`tenants/${tenant}.yaml`, read(`tenants/${tenant}.yaml`));
  if (sourced === null) throw new Error(`no record of ${tenant}`);
  const path = `overlays/${cluster}/cluster.yaml`;
  return leftOutside(sourced.record, readCluster(path, read(path)).sourced?.record);
}

it("names the database and its users, the managed Redis and the secrets that a tenant leaves elsewhere", () => {
  expect(left("umbrella", "cloud")).toEqual([
    "the archive: DROP DATABASE neurallog_umbrella; DROP ROLE neurallog_umbrella_owner, neurallog_umbrella_writer, neurallog_umbrella_reader; at archives.cloud.example:5432",
    "the logs in the Redis at umbrella.redis.cloud.example:6380",
    expect.stringMatching(/^the secrets at \S+\/umbrella\/ of https:/),
  ]);
});

it("names nothing of a tenant whose Redis and archive went with its volumes", () => {
  expect(left("globex", "home")).toEqual([]);
});
