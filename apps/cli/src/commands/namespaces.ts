import type { NamespaceInfo } from "@neurallog/client";
import { EXIT } from "../errors.ts";
import { columns, count } from "../output/columns.ts";
import { harmlessJson, harmlessLine } from "../output/terminal.ts";
import type { Commands } from "./commands.ts";

/** `namespaces`: the logical namespaces that the key reaches. */
export function addNamespaces({ root, run }: Commands): void {
  const command = root
    .command("namespaces")
    .description("print the logical namespaces that the key reaches");
  run(command, async ({ client, options, context }) => {
    const found = await client().namespaces({ signal: context.interrupted });
    const isJson = options.json === true;
    await context.out.write(
      isJson ? found.map((one) => `${harmlessJson(one)}\n`).join("") : table(found),
    );
    return found.length === 0 ? EXIT.nothingFound : EXIT.ok;
  });
}

function table(found: readonly NamespaceInfo[]): string {
  // Records that the store still has are among them: the two are no sum.
  const hasArchive = found.some(({ archived }) => archived !== undefined);
  return columns(
    [
      { name: "NAMESPACE" },
      { name: "RECORDS", right: true },
      { name: "BYTES", right: true },
      { name: "OLDEST" },
      { name: "NEWEST" },
      ...(hasArchive ? [{ name: "ARCHIVED", right: true }] : []),
    ],
    found.map(({ name, records, bytes, oldest, newest, archived }) => [
      harmlessLine(name),
      count(records),
      count(bytes),
      oldest ?? "-",
      newest ?? "-",
      ...(hasArchive ? [count(archived?.records ?? 0)] : []),
    ]),
  );
}
