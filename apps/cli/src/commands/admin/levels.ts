import { EXIT } from "../../errors.ts";
import { columns } from "../../output/columns.ts";
import { harmlessJson, harmlessLine } from "../../output/terminal.ts";
import type { Commands } from "../commands.ts";

interface PlaceOptions {
  readonly namespace: string;
}

/** `admin levels`, `admin set-level` and `admin unset-level`: what programs should send. */
export function addLevels({ root, run }: Commands): void {
  const list = root
    .command("levels")
    .description("print the least level that programs of each source are told to send");
  run(list, async ({ client, options, context }) => {
    const levels = await client().admin.levels({ signal: context.interrupted });
    const head = ["SOURCE", "NAMESPACE", "LEVEL", "SINCE", "BY"].map((name) => ({ name }));
    const rows = levels.map(({ source, namespace, level, since, by }) => [
      harmlessLine(source),
      namespace,
      context.style.level(level, level),
      since,
      harmlessLine(by),
    ]);
    const lines = levels.map((one) => `${harmlessJson(one)}\n`).join("");
    await context.out.write(options.json === true ? lines : columns(head, rows));
    return EXIT.ok;
  });

  const everywhere = ["-n, --namespace <name>", "in this logical namespace alone", "*"] as const;
  const set = root
    .command("set-level <source> <level>")
    .description("tell programs of a source (* for all others) to send from this level on")
    .option(...everywhere);
  run<PlaceOptions>(set, async ({ client, words, options, context }) => {
    const [source = "", level = ""] = words;
    const asked = { source, level, namespace: options.namespace };
    const done = await client().admin.setLevel(asked, { signal: context.interrupted });
    const text = `${harmlessLine(done.source)} sends from ${done.level} on`;
    await context.out.write(`${options.json === true ? harmlessJson(done) : text}\n`);
    return EXIT.ok;
  });

  const unset = root
    .command("unset-level <source>")
    .description("leave a source's level to its programs again")
    .option(...everywhere);
  run<PlaceOptions>(unset, async ({ client, words, options, context }) => {
    const [source = ""] = words;
    const { namespace } = options;
    await client().admin.unsetLevel({ source, namespace }, { signal: context.interrupted });
    return EXIT.ok;
  });
}
