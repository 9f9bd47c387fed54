// `npm run image [-- <path>] [--json]`: assembles the log service's image as an OCI layout, without Docker.
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { assemble } from "./assemble.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean" } },
});
const path =
  positionals[0] === undefined
    ? resolve(root, "dist/log-service.oci.tar")
    : resolve(positionals[0]);

const { name, digest, archive, layers } = await assemble(root);
mkdirSync(dirname(path), { recursive: true });
// Whoever loads the file must never find half of it.
writeFileSync(`${path}.tmp`, archive);
renameSync(`${path}.tmp`, path);

const size = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
if (values.json === true) {
  const told = layers.map(({ title, digest, content }) => ({
    title,
    digest,
    size: content.length,
  }));
  console.log(JSON.stringify({ name, digest, path, size: archive.length, layers: told }));
} else {
  console.log(`${name}@${digest}`);
  for (const { title, digest, content } of layers) {
    console.log(`  ${digest.slice(0, 19)}  ${size(content.length).padStart(8)}  ${title}`);
  }
  console.log(`${path}  ${size(archive.length)}`);
  console.log(`Load it: ctr -n k8s.io images import ${path}   (or: docker load -i ${path})`);
}
