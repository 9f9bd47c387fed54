import type { KeyState } from "@neurallog/client";
import { EXIT } from "../../errors.ts";
import { columns } from "../../output/columns.ts";
import { harmlessJson, harmlessLine } from "../../output/terminal.ts";
import type { Commands } from "../commands.ts";

/** `admin keys`, `admin revoke` and `admin restore`. */
export function addKeys({ root, run }: Commands): void {
  const list = root.command("keys").description("print the tenant's API keys and their state");
  run(list, async ({ client, options, context }) => {
    const keys = await client().admin.keys({ signal: context.interrupted });
    const lines = keys.map((key) => `${harmlessJson(key)}\n`).join("");
    await context.out.write(options.json === true ? lines : table(keys));
    return EXIT.ok;
  });

  const changes = [
    ["revoke", "shut a key at once; a new value in its Secret opens again"],
    ["restore", "take a revocation back"],
  ] as const;
  for (const [name, description] of changes) {
    const command = root.command(`${name} <key>`).description(description);
    run(command, async ({ client, words, options, context }) => {
      const [key = ""] = words;
      const { admin } = client();
      const call = { signal: context.interrupted };
      const state =
        name === "revoke" ? await admin.revokeKey(key, call) : await admin.restoreKey(key, call);
      const text = options.json === true ? harmlessJson(state) : `${state.name} is ${state.state}`;
      await context.out.write(`${text}\n`);
      return EXIT.ok;
    });
  }
}

function table(keys: readonly KeyState[]): string {
  const head = ["KEY", "STATE", "ROLES", "NAMESPACES", "EXPIRES"].map((name) => ({ name }));
  return columns(
    head,
    keys.map(({ name, state, roles, namespaces, expires, kind }) => [
      harmlessLine(kind === "key" ? name : `${name} (certificate)`),
      state,
      roles.join(","),
      namespaces.map(harmlessLine).join(","),
      expires ?? "-",
    ]),
  );
}
