// `npm run preview:comment`: posts a preview to its pull request. Run by a workflow, with main's code alone.
import { readFileSync } from "node:fs";
import { main, say, ToolError } from "../../tools/say.ts";
import { connectApi } from "../preview/github/api.ts";
import { type Event, eventSchema, findPullRequest, putComment } from "../preview/github/comment.ts";
import { readPreview } from "../preview/read.ts";
import { MARKER, toMarkdown } from "../preview/report/markdown.ts";
import { COMMON, readArguments, usage } from "./arguments.ts";

const help = `Usage: npm run preview:comment -- --preview <file>

Posts the preview in <file>, as npm run preview wrote it with --format json, to the pull request whose run
has ended, or updates the comment that is there. Reads GITHUB_EVENT_PATH, GITHUB_API_URL and GITHUB_TOKEN.

  --preview <file>   a preview as JSON; where it is missing or wrong, the comment says that there is none
  --help             this text

Exit codes: 0 posted, updated, or no longer wanted; 2 wrong usage, or the platform refused.
`;

/** Bytes of the preview: leaves room for the address of the run. */
const ROOM = 65_000;

await main(run, 2);

async function run(): Promise<number> {
  const parsed = readArguments(help, {
    options: { preview: { type: "string" }, help: COMMON.help },
  });
  if (parsed === undefined) return 0;
  const file = parsed.values.preview;
  if (file === undefined) throw usage(help, "--preview is missing");
  const event = readEvent(wanted("GITHUB_EVENT_PATH"));
  const api = connectApi(wanted("GITHUB_API_URL"), wanted("GITHUB_TOKEN"));
  const number = await findPullRequest(api, event);
  if (number === undefined) {
    say("no open pull request has this commit as its head: nothing to do");
    return 0;
  }
  const body = bodyOf(file, event);
  const done = await putComment(api, event.repository.full_name, number, MARKER, body);
  say(`${done} the preview of pull request ${number}`);
  return 0;
}

function bodyOf(file: string, event: Event): string {
  const read = readPreview(file);
  const run = `The run: ${event.workflow_run.html_url}`;
  if ("preview" in read) return `${toMarkdown(read.preview, ROOM)}\n${run}\n`;
  say(read.problem);
  return `${MARKER}\n\n## Preview: there is none\n\nWhat this change does could not be found out. ${run} says why.\n`;
}

function readEvent(file: string): Event {
  const parsed = eventSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!parsed.success) throw new ToolError(`${file} is no event of a workflow_run`);
  return parsed.data;
}

function wanted(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new ToolError(`${name} is not set`);
  return value;
}
