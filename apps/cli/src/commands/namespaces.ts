import type { NamespaceInfo, NeuralLogClient } from "@neurallog/client";
import { EXIT } from "../errors.ts";
import { harmlessJson, harmlessLine } from "../output/terminal.ts";
import type { Context } from "./context.ts";

/** Prints the logical namespaces that the key reaches. */
export async function namespaces(
  client: NeuralLogClient,
  options: { readonly json?: boolean },
  context: Context,
): Promise<number> {
  const found = await client.namespaces({ signal: context.interrupted });
  const text =
    options.json === true ? found.map((one) => `${harmlessJson(one)}\n`).join("") : table(found);
  await context.out.write(text);
  return found.length === 0 ? EXIT.nothingFound : EXIT.ok;
}

function table(found: readonly NamespaceInfo[]): string {
  const rows = [
    ["NAMESPACE", "RECORDS", "BYTES", "OLDEST", "NEWEST"],
    ...found.map(({ name, records, bytes, oldest, newest }) => [
      harmlessLine(name),
      records.toLocaleString("en"),
      bytes.toLocaleString("en"),
      oldest ?? "-",
      newest ?? "-",
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const isNumber = (column: number) => column === 1 || column === 2;
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}
