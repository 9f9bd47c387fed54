import { MAX_COMMENT_BYTES } from "../../limits.ts";
import type { Group, Preview } from "../model/model.ts";
import {
  AMOUNTS,
  comparedWords,
  cut,
  flowWords,
  groupName,
  groupWords,
  notesAt,
  objectLines,
  placeWords,
  plural,
  SHOWN_LEVELS,
  short,
  sizeRows,
  unitName,
  visible,
  wholeCommand,
} from "./words.ts";

/** By this the comment is found again, to be updated. */
export const MARKER = "<!-- neurallog-preview -->";

/** Lines of one group's objects, and of each list: beyond that nobody reads them in a comment. */
const SHOWN_LINES = 150;
const SHOWN_ITEMS = 30;
/** Characters of a sentence about objects. */
const LONG = 400;

/**
 * A comment for a pull request, never larger than the platform takes. Text of records stands in code spans
 * and fenced blocks alone, where it is neither a link nor a mention, a table nor HTML.
 */
export function toMarkdown(preview: Preview, most: number = MAX_COMMENT_BYTES): string {
  let all = preview.groups.reduce((sum, { units }) => sum + units.length, 0);
  let room = most - Buffer.byteLength(leftOut(preview, all)) - 4;
  const text: string[] = [];
  const add = (part: string): boolean => {
    const size = Buffer.byteLength(part) + 2;
    if (size > room) return false;
    if (part !== "") text.push(part);
    room -= part === "" ? 0 : size;
    return true;
  };
  // Each of what comes first leaves room for what comes after it.
  for (const part of [marked, errors, alarms, reach, capacity]) add(part(preview, room / 3));
  for (const group of preview.groups) {
    if (!add(groupText(group)) && !add(groupText(group, false))) break;
    all -= group.units.length;
  }
  if (all > 0) text.push(leftOut(preview, all));
  return `${text.join("\n\n")}\n`;
}

const leftOut = (preview: Preview, count: number): string =>
  `${plural(count, "overlay")} that ${count === 1 ? "differs is" : "differ are"} not shown here, because a comment has no more room. All of it: the run's artifact \`preview\`, or ${code(wholeCommand(preview), LONG)}.`;

/** A code span, whatever is in the text: the fence is longer than any run of backticks inside. */
export function code(text: string, most?: number): string {
  const inner = cut(visible(text), most);
  if (inner === "") return "` `";
  const fence = "`".repeat(longestRun(inner) + 1);
  const pad = /^[` ]|[` ]$/.test(inner) ? " " : "";
  return `${fence}${pad}${inner}${pad}${fence}`;
}

/** In a table no escape of `|` holds for every reader. */
const cell = (text: string): string => code(text.replaceAll("|", "\u00a6"));

function fenced(lines: readonly string[], language: string): string {
  const fence = "`".repeat(Math.max(3, longestRun(lines.join("\n")) + 1));
  return `${fence}${language}\n${lines.join("\n")}\n${fence}`;
}

const longestRun = (text: string): number =>
  Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));

function marked(preview: Preview): string {
  const refused = preview.errors.length + notesAt(preview, "error").length;
  const title = refused > 0 ? "Preview: must not be merged" : "Preview: what this change does";
  const dirty = preview.head.dirty ? " and what is not committed yet" : "";
  return `${MARKER}\n\n## ${title}\n\n${comparedWords(preview)}, between ${code(short(preview.base.commit))} (the merge base with ${code(preview.base.ref)}) and ${code(short(preview.head.commit))}${dirty}.`;
}

/** As many items as there is room for, in bytes, and how many more there are. */
function list(items: readonly string[], room = Infinity): string {
  const shown: string[] = [];
  let size = 0;
  for (const item of items.slice(0, SHOWN_ITEMS)) {
    size += Buffer.byteLength(item) + 3;
    if (size > room) break;
    shown.push(`- ${item}`);
  }
  const more = items.length - shown.length;
  if (more > 0) shown.push(`- ${shown.length > 0 ? "and " : ""}${more.toLocaleString("en")} more`);
  return shown.join("\n");
}

const section = (title: string, items: readonly string[], room: number): string =>
  items.length === 0 ? "" : `### ${title}\n\n${list(items, room)}`;

function errors(preview: Preview, room: number): string {
  const own = preview.errors.map(
    ({ where, text, code: name }) =>
      `${where === null ? "" : `${code(where)}: `}${code(text, LONG)} (${code(name)})`,
  );
  const inGroups = notesAt(preview, "error").map(
    ({ group, note }) => `${code(groupName(group))}: ${code(note.text, LONG)} (${code(note.code)})`,
  );
  return section(`\u26d4 ${SHOWN_LEVELS.error}`, [...own, ...inGroups], room);
}

const alarms = (preview: Preview, room: number): string =>
  section(
    `\u26a0\ufe0f ${SHOWN_LEVELS.alarm}`,
    notesAt(preview, "alarm").map(
      ({ group, note }) => `${code(groupName(group))}: **${code(note.text, LONG)}**`,
    ),
    room,
  );

function reach({ reach, channels }: Preview, room: number): string {
  const bases = reach.map(({ base, files, rings }) => {
    const reached = rings.map(
      ({ cluster, ring, ids }) =>
        `${code(ring)} of ${code(cluster)}: ${plural(ids.length, "tenant")}`,
    );
    const who =
      reached.length === 0 ? "no tenant follows it" : reached.slice(0, SHOWN_ITEMS).join("; ");
    return `${code(base)} (${plural(files, "file")} changed) reaches ${who}`;
  });
  const moves = channels.map(
    ({ cluster, channel, field, before, after }) =>
      `${code(channel)} of ${code(cluster)}, ${code(field)}: ${code(before ?? "none")} → ${code(after ?? "none")}`,
  );
  return section("Releases and rings", [...bases, ...moves], room);
}

function capacity({ capacity }: Preview): string {
  if (capacity.length === 0) return "";
  const rows = capacity.slice(0, SHOWN_ITEMS).map(({ cluster, has, usedBefore, usedAfter }) => {
    const cells = AMOUNTS.map(([key, , text]) => {
      if (has === null) return "unknown";
      const [before, after] = [has[key] - usedBefore[key], has[key] - usedAfter[key]];
      const moved = before === after ? "" : ` (was ${text(before)})`;
      return `${text(after)} of ${text(has[key])}${moved}`;
    });
    return `| ${cell(cluster)} | ${cells.join(" | ")} |`;
  });
  const names = AMOUNTS.map(([, name]) => name);
  return [
    "### Capacity left when all quotas are used up\n",
    `| cluster | ${names.join(" | ")} |`,
    `| --- |${" --- |".repeat(names.length)}`,
    ...rows,
  ].join("\n");
}

function groupText(group: Group, whole = true): string {
  const { units, gained, lost, notes, objects } = group;
  const names = units.slice(0, SHOWN_ITEMS).map((unit) => code(unitName(unit)));
  if (units.length > names.length)
    names.push(`and ${(units.length - names.length).toLocaleString("en")} more`);
  const parts: string[] = [];
  if (units.length > 1) {
    parts.push(`The same for ${names.join(", ")}; names below are those of ${names[0] ?? ""}.`);
  }
  parts.push(sizes(group));
  const flows = [
    ...gained.map((flow) => flowText(flow, "may now reach")),
    ...lost.map((flow) => flowText(flow, "no longer may reach")),
  ];
  if (flows.length > 0) parts.push(`**Who may talk to whom**\n\n${list(flows)}`);
  for (const level of ["error", "alarm", "warning", "info"] as const) {
    const texts = notes.filter((note) => note.level === level).map(({ text }) => code(text, LONG));
    if (texts.length > 0) parts.push(`**${SHOWN_LEVELS[level]}**\n\n${list(texts)}`);
  }
  const lines = objects.flatMap(objectLines);
  if (whole && lines.length > 0) {
    const shown = lines.slice(0, SHOWN_LINES);
    if (lines.length > shown.length) shown.push(`  … ${lines.length - shown.length} more lines`);
    parts.push(fenced(shown, "diff"));
  } else if (lines.length > 0)
    parts.push(`Its ${plural(objects.length, "object")} had no room here.`);
  // GitHub reads Markdown below a summary only after an empty line.
  const summary = `<summary>${htmlCode(groupName(group))} (${htmlCode(placeWords(group))}): ${groupWords(group)}</summary>`;
  return `<details>\n${summary}\n\n${parts.filter((part) => part !== "").join("\n\n")}\n\n</details>`;
}

function flowText(flow: Group["gained"][number], verb: string): string {
  const { from, to, ports } = flowWords(flow);
  return `${code(from)} ${verb} ${code(to)} on ${code(ports)}`;
}

function sizes(group: Group): string {
  const rows = sizeRows(group).filter(({ cells }) => cells.some((cell) => cell?.differs === true));
  if (rows.length === 0) return "";
  const lines = rows.map(({ what, cells }) => {
    const texts = cells.map((cell) =>
      cell === null ? "" : cell.differs ? `${cell.before} → **${cell.after}**` : cell.after,
    );
    return `| ${what} | ${texts.join(" | ")} |`;
  });
  return [
    `| | ${AMOUNTS.map(([, name]) => name).join(" | ")} |`,
    `| --- |${" --- |".repeat(AMOUNTS.length)}`,
    ...lines,
  ].join("\n");
}

/** For the one place that is HTML, a summary: inside `code` nothing is a mention, and no entity a tag. */
const htmlCode = (text: string): string =>
  `<code>${cut(text).replaceAll(/[^A-Za-z0-9 ,;:()-]/g, (found) => `&#${found.codePointAt(0)};`)}</code>`;
