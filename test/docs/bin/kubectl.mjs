#!/usr/bin/env node
// Stands in for kubectl where pages are run without a cluster: takes `apply --server-side -f -`, checks that what comes in are
// whole objects, and says what kubectl would say.
import { text } from "node:stream/consumers";
import { parseAllDocuments } from "yaml";

const command = process.argv.slice(2).join(" ");
if (command !== "apply --server-side -f -") {
  console.error(`this kubectl knows 'apply --server-side -f -' only, not '${command}'`);
  process.exit(2);
}
const documents = parseAllDocuments(await text(process.stdin));
const objects = documents.map((document) => {
  if (document.errors.length > 0) throw document.errors[0];
  return document.toJS();
});
if (objects.length === 0) throw new Error("no objects passed to apply");
for (const { apiVersion, kind, metadata } of objects) {
  if (!apiVersion || !kind || !metadata?.name || !metadata.namespace)
    throw new Error("not a whole object");
  console.log(`${kind.toLowerCase()}/${metadata.name} created`);
}
