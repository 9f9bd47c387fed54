import type { Group, Preview } from "../model/model.ts";
import {
  AMOUNTS,
  comparedWords,
  flowWords,
  groupName,
  groupWords,
  objectLines,
  placeWords,
  plural,
  SHOWN_LEVELS,
  short,
  sizeRows,
  unitName,
  visible,
} from "./words.ts";

/** For a terminal: everything, in the order of what matters. */
export function toText(preview: Preview): string {
  const { base, head, errors, capacity, channels, reach, groups } = preview;
  const lines = [
    `${comparedWords(preview)}, between ${short(base.commit)} (merge base with ${visible(base.ref)}) and ${short(head.commit)}${head.dirty ? " and what is not committed yet" : ""}`,
  ];
  const block = (title: string, items: readonly string[]): void => {
    if (items.length > 0) lines.push("", title, ...items.map((item) => `  ${item}`));
  };
  block(
    SHOWN_LEVELS.error,
    errors.map(({ where, text, code }) =>
      visible(`${where === null ? "" : `${where}: `}${text} [${code}]`),
    ),
  );
  block("Releases and rings", [
    ...reach.map(({ base: folder, files, rings }) => {
      const who = rings.map(
        ({ cluster, ring, ids }) => `${ring} of ${cluster}: ${plural(ids.length, "tenant")}`,
      );
      return visible(
        `${folder} (${plural(files, "file")} changed) reaches ${who.join("; ") || "no tenant"}`,
      );
    }),
    ...channels.map(({ cluster, channel, field, before, after }) =>
      visible(`${channel} of ${cluster}, ${field}: ${before ?? "none"} → ${after ?? "none"}`),
    ),
  ]);
  block(
    "Capacity left when all quotas are used up",
    capacity.map(({ cluster, has, usedBefore, usedAfter }) => {
      const cells = AMOUNTS.map(([key, name, text]) => {
        if (has === null) return `${name} unknown`;
        const was =
          usedBefore[key] === usedAfter[key] ? "" : ` (was ${text(has[key] - usedBefore[key])})`;
        return `${name} ${text(has[key] - usedAfter[key])} of ${text(has[key])}${was}`;
      });
      return `${visible(cluster)}: ${cells.join(", ")}`;
    }),
  );
  for (const group of groups) lines.push("", ...groupLines(group));
  return `${lines.join("\n")}\n`;
}

function groupLines(group: Group): string[] {
  const { units, gained, lost, notes, objects } = group;
  const lines = [`${groupName(group)} (${placeWords(group)}): ${groupWords(group)}`];
  if (units.length > 1)
    lines.push(`  ${units.map(unitName).join(", ")}; names are those of the first`);
  for (const { what, cells } of sizeRows(group)) {
    if (!cells.some((cell) => cell?.differs)) continue;
    const texts = cells.flatMap((cell, i) =>
      cell?.differs ? [`${AMOUNTS[i]?.[1]} ${cell.before} → ${cell.after}`] : [],
    );
    lines.push(`  ${what}: ${texts.join(", ")}`);
  }
  for (const { level, text } of notes) lines.push(`  ${level}: ${visible(text)}`);
  for (const [flows, verb] of [
    [gained, "may now reach"],
    [lost, "no longer may reach"],
  ] as const) {
    for (const flow of flows) {
      const { from, to, ports } = flowWords(flow);
      lines.push(`  ${from} ${verb} ${to} on ${ports}`);
    }
  }
  for (const line of objects.flatMap(objectLines)) lines.push(`  ${line}`);
  return lines;
}
