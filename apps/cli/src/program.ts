import { Command, Option, InvalidArgumentError } from "commander";
import { addAdmin } from "./commands/admin/admin.ts";
import { addCompareTools } from "./commands/compare-tools.ts";
import { addContext } from "./commands/around.ts";
import type { Commands } from "./commands/commands.ts";
import type { Context } from "./commands/context.ts";
import { addCount } from "./commands/count.ts";
import { addExport } from "./commands/export.ts";
import { addHistogram } from "./commands/histogram.ts";
import { addLog } from "./commands/log-command.ts";
import { addNamespaces } from "./commands/namespaces.ts";
import { addPatterns } from "./commands/patterns.ts";
import { addSearch } from "./commands/search.ts";
import { addStats } from "./commands/stats.ts";
import { addTail } from "./commands/tail.ts";
import { addTop } from "./commands/top.ts";
import { addTrace } from "./commands/trace.ts";
import { addValues } from "./commands/values.ts";
import { clientOf, type ConnectionOptions } from "./connection.ts";

const exitCodes = `
Exit codes:
  0  done
  1  nothing matches
  2  wrong arguments, or a file that cannot be read
  3  the service cannot be reached or cannot store now
  4  the service refused: key, role, namespace, filter or query
  5  some records were rejected; the others are stored
  130  Ctrl-C`;

/** The whole command line. `finish` gets the exit code of the command that ran. */
export function program(context: Context, finish: (exit: number) => void): Command {
  const root = new Command("neurallog")
    .description("Writes, searches and follows logs of a NeuralLog tenant.")
    .option("--url <url>", "the log service (NEURALLOG_URL)")
    .option(
      "--key-file <file>",
      "file with the API key (NEURALLOG_KEY_FILE; or the key itself in NEURALLOG_KEY)",
    )
    .addOption(
      new Option("--tenant <id>", "without --url: the tenant that npm start runs here")
        .default("acme")
        .argParser(tenantId),
    )
    .option("--json", "JSON for programs: one object a line")
    .addHelpText("after", exitCodes)
    .showHelpAfterError("(neurallog --help tells more)")
    .exitOverride();
  const connect = (command: Command) =>
    clientOf(command.optsWithGlobals<ConnectionOptions>(), (status) =>
      context.say(
        status === 429
          ? "the key's rate is used up (429): going on as fast as the service lets us"
          : "the service cannot answer now (503): trying again as it asks",
      ),
    );
  const commands: Commands = {
    root,
    run: (command, work) => {
      command.action(async () => {
        const words = command.processedArgs.flat().map(String);
        const client = () => connect(command);
        finish(await work({ client, words, options: command.optsWithGlobals(), context }));
      });
    },
  };
  addLog(commands);
  addSearch(commands);
  addTail(commands);
  addCount(commands);
  addHistogram(commands);
  addTop(commands);
  addValues(commands);
  addPatterns(commands);
  addContext(commands);
  addTrace(commands);
  addExport(commands);
  addNamespaces(commands);
  addStats(commands);
  addCompareTools(commands);
  addAdmin(commands);
  return root;
}

/** Becomes a folder's name: nothing that leads elsewhere. */
function tenantId(text: string): string {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text))
    throw new InvalidArgumentError("it is no tenant id.");
  return text;
}
