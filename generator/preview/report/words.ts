import { MAX_SHOWN_VALUE } from "../../limits.ts";
import { align } from "../compare/align.ts";
import { pathText } from "../compare/fields.ts";
import type {
  Amounts,
  Change,
  FlowText,
  Group,
  Json,
  Note,
  ObjectChange,
  Preview,
  Totals,
  Unit,
} from "../model/model.ts";

/**
 * Text as one line in which nothing is hidden: line breaks, control characters and what turns the
 * direction of writing or takes no room are spelled out.
 */
export function visible(text: string): string {
  return text.replaceAll(HIDDEN, (found) => ESCAPES[found] ?? spelled(found));
}

const HIDDEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;
const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const spelled = (found: string): string =>
  `\\u{${(found.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}}`;

/** The beginning of a text that is too long, and how long it is. */
export function cut(text: string, most: number = MAX_SHOWN_VALUE): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most)}… (${text.length} characters)`;
}

const valueText = (value: Json): string => cut(visible(JSON.stringify(value)));

/** Lines of a difference: what the first character says is `+`, `-`, `@` (a heading) or a blank. */
export function objectLines(object: ObjectChange): string[] {
  const where = object.namespace === null ? "" : `${object.namespace}/`;
  const title = visible(`${object.change} ${object.kind} ${where}${object.name}`);
  if (object.change === "added") return [`@@ ${title} @@`];
  if (object.change === "removed") return [`@@ ${title} @@`];
  return [`@@ ${title} @@`, ...object.fields.flatMap(fieldLines)];
}

function fieldLines(change: Change): string[] {
  const path = visible(pathText(change.at));
  switch (change.op) {
    case "add":
      return [`+ ${path}: ${valueText(change.after)}`];
    case "remove":
      return [`- ${path}: ${valueText(change.before)}`];
    case "order":
      return [`  ${path}: now in the order ${cut(visible(change.after.join(", ")))}`];
    case "change": {
      const { before, after } = change;
      if (isText(before) && isText(after)) return [`  ${path}:`, ...textLines(before, after)];
      return [`- ${path}: ${valueText(before)}`, `+ ${path}: ${valueText(after)}`];
    }
  }
}

const isText = (value: Json): value is string => typeof value === "string" && value.includes("\n");

/** The lines of a text that differ. */
function textLines(before: string, after: string): string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  return align(old, now, () => false).map((pair) =>
    pair.old === undefined
      ? `+   ${cut(visible(now[pair.now ?? 0] ?? ""))}`
      : `-   ${cut(visible(old[pair.old] ?? ""))}`,
  );
}

/** `2.5 cores`. */
export function cores(milli: number): string {
  return `${round(milli / 1000)}`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `1.5 GiB`. */
export function bytes(count: number): string {
  let [value, unit] = [count, 0];
  while (Math.abs(value) >= 1024 && unit < UNITS.length - 1)
    [value, unit] = [value / 1024, unit + 1];
  return `${round(value)} ${UNITS[unit]}`;
}

const round = (value: number): string =>
  value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 });

export const plural = (count: number, noun: string): string =>
  `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

/** Each kind of amount: what it is called, and how it is written. */
export const AMOUNTS = [
  ["cpu", "CPU", cores],
  ["memory", "memory", bytes],
  ["storage", "storage", bytes],
  ["pods", "pods", String],
] as const;

export interface SizeRow {
  readonly what: string;
  /** Before and after, as text, for each of AMOUNTS; null where there is none. */
  readonly cells: readonly ({ before: string; after: string; differs: boolean } | null)[];
}

/** What all of a group's overlays ask for together. */
export function sizeRows({ units }: Group): SizeRow[] {
  const [before, after] = [
    sum(units.map((unit) => unit.before)),
    sum(units.map((unit) => unit.after)),
  ];
  const row = (what: string, pick: (totals: Totals) => Partial<Amounts>): SizeRow => ({
    what,
    cells: AMOUNTS.map(([key, , text]) => {
      const [old, now] = [pick(before)[key], pick(after)[key]];
      if (old === undefined || now === undefined) return null;
      return { before: text(old), after: text(now), differs: old !== now };
    }),
  });
  return [
    row("requested at the most", ({ requested }) => requested),
    row("limits at the most", ({ limits }) => limits),
    row("quota", ({ quota }) => quota),
  ];
}

function sum(all: readonly (Totals | null)[]): Totals {
  const zero = { cpu: 0, memory: 0, storage: 0, pods: 0 };
  const total = { requested: { ...zero }, limits: { cpu: 0, memory: 0 }, quota: { ...zero } };
  for (const totals of all) {
    if (totals === null) continue;
    for (const [key] of AMOUNTS) {
      total.requested[key] += totals.requested[key];
      total.quota[key] += totals.quota[key];
    }
    total.limits.cpu += totals.limits.cpu;
    total.limits.memory += totals.limits.memory;
  }
  return total;
}

/** `acme` or `platform of home`. */
export const unitName = ({ kind, cluster, id }: Unit): string =>
  visible(kind === "tenant" ? id : `platform of ${cluster}`);

/** `12 objects changed, 1 added; 2 restarts`: what a group is about, in a line. */
export function groupWords({ units, objects, gained, lost, notes }: Group): string {
  const [first] = units;
  const counted = (["added", "changed", "removed"] as const).flatMap((change) => {
    const count = objects.filter((object) => object.change === change).length;
    return count === 0 ? [] : [`${plural(count, "object")} ${change}`];
  });
  const restarts = notes.filter(({ code }) => /^restart-(?!none)/.test(code)).length;
  return [
    ...(first === undefined || first.change === "changed" ? [] : [`${first.change}`]),
    ...counted,
    ...(gained.length > 0 ? [`${plural(gained.length, "flow")} more`] : []),
    ...(lost.length > 0 ? [`${plural(lost.length, "flow")} fewer`] : []),
    ...(restarts > 0 ? [plural(restarts, "restart")] : []),
  ].join(", ");
}

/** Where a group's tenants are: `home, stable`. */
export const placeWords = ({ units }: Group): string =>
  visible(
    [
      ...new Set(
        units.map(({ cluster, ring }) => (ring === null ? cluster : `${cluster}, ${ring}`)),
      ),
    ]
      .sort()
      .join("; "),
  );

export const SHOWN_LEVELS = {
  error: "Must not be merged",
  alarm: "Look twice",
  warning: "Warnings",
  info: "Also",
} as const;

/** Every note of a level, with the group that it is of. */
export function notesAt({ groups }: Preview, level: Note["level"]): { group: Group; note: Note }[] {
  return groups.flatMap((group) =>
    group.notes.filter((note) => note.level === level).map((note) => ({ group, note })),
  );
}

/** How many tenants a group is, in words, and who. */
export function groupName(group: Group): string {
  const [first] = group.units;
  if (first === undefined) return "";
  return group.units.length === 1 ? unitName(first) : plural(group.units.length, "tenant");
}

export interface FlowWords {
  readonly from: string;
  readonly to: string;
  readonly ports: string;
}

export const flowWords = ({ from, to, ports }: FlowText): FlowWords => ({
  from: cut(visible(from)),
  to: cut(visible(to)),
  ports: cut(visible(ports)),
});

/** How to see all of it. */
export const wholeCommand = ({ base }: Preview): string =>
  `npm run preview -- --base ${visible(base.ref)} --format html --output preview.html`;

/** What was compared, in a sentence without names that somebody else chose. */
export function comparedWords({ overlays, groups }: Preview): string {
  const tenants = groups.reduce((all, { units }) => all + units.length, 0);
  return `${plural(tenants, "overlay")} of ${overlays.all.toLocaleString("en")} ${tenants === 1 ? "differs" : "differ"}`;
}

export const short = (commit: string): string => visible(commit).slice(0, 12);
