import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { MAX_PAGE_LINES } from "../../limits.ts";
import { type Group, isRefused, type Preview } from "../model/model.ts";
import { Markup, markup, none } from "./markup.ts";
import {
  AMOUNTS,
  comparedWords,
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
} from "./words.ts";

const css = readFileSync(new URL("page.css", import.meta.url), "utf8");
const script = readFileSync(new URL("page.js", import.meta.url), "utf8");
const hashOf = (text: string): string =>
  `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** One file that loads nothing and runs nothing but its own script, whatever stands in a record. */
export function toHtml(preview: Preview): string {
  const policy = `default-src 'none'; style-src ${hashOf(css)}; script-src ${hashOf(script)}; base-uri 'none'; form-action 'none'`;
  const { base, head, groups } = preview;
  const verdict = isRefused(preview)
    ? markup`<span class="badge refused">must not be merged</span>`
    : markup`<span class="badge fine">nothing speaks against it</span>`;
  const lines = [
    markup`<!doctype html>`,
    markup`<html lang="en">`,
    markup`<head>`,
    markup`<meta charset="utf-8">`,
    markup`<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    markup`<meta name="viewport" content="width=device-width, initial-scale=1">`,
    markup`<meta name="referrer" content="no-referrer">`,
    markup`<title>Preview of ${short(head.commit)}</title>`,
    markup`<style>${new Markup(css)}</style>`,
    markup`</head>`,
    markup`<body>`,
    markup`<header><div><h1>Preview</h1> ${verdict}`,
    markup`<input type="search" placeholder="Filter: a tenant, a field, a word" aria-label="Filter the overlays">`,
    markup`<button type="button">Open or close all</button></div></header>`,
    markup`<main>`,
    markup`<p>${comparedWords(preview)}, between <code>${short(base.commit)}</code> (the merge base with <code>${base.ref}</code>) and <code>${short(head.commit)}</code>${head.dirty ? " and what is not committed yet" : ""}.</p>`,
    errors(preview),
    reach(preview),
    capacity(preview),
    markup`<h2>Overlays that differ <span class="soft" id="count"></span></h2>`,
    markup`<p class="soft"><kbd>/</kbd> filters, <kbd>j</kbd> and <kbd>k</kbd> move, <kbd>Enter</kbd> opens</p>`,
    ...groups.map((group) => groupHtml(group, groups.length === 1)),
    markup`</main>`,
    markup`<script>${new Markup(script)}</script>`,
    markup`</body>`,
    markup`</html>`,
  ];
  return `${lines.map(({ text }) => text).join("\n")}\n`;
}

const items = (title: string, list: readonly Markup[]): Markup =>
  list.length === 0 ? none : markup`<h2>${title}</h2><ul>${list}</ul>`;

function errors(preview: Preview): Markup {
  const own = preview.errors.map(
    ({ where, text, code }) =>
      markup`<li class="error">${where === null ? none : markup`<code>${where}</code> `}${text} <span class="soft">${code}</span></li>`,
  );
  const ofGroups = (level: "error" | "alarm"): Markup[] =>
    notesAt(preview, level).map(
      ({ group, note }) =>
        markup`<li class="${level}"><code>${groupName(group)}</code> ${note.text}</li>`,
    );
  return markup`${items(SHOWN_LEVELS.error, [...own, ...ofGroups("error")])}${items(SHOWN_LEVELS.alarm, ofGroups("alarm"))}`;
}

function reach({ reach, channels }: Preview): Markup {
  const bases = reach.map(({ base, files, rings }) => {
    const who = rings.map(
      ({ cluster, ring, ids }) =>
        markup`<br><b>${ring}</b> of ${cluster}, ${plural(ids.length, "tenant")}: <span class="soft">${ids.join(", ")}</span>`,
    );
    const verb = who.length === 0 ? "reaches no tenant" : "reaches";
    return markup`<li><code>${base}</code> (${plural(files, "file")} changed) ${verb}${who}</li>`;
  });
  const moves = channels.map(
    ({ cluster, channel, field, before, after }) =>
      markup`<li><b>${channel}</b> of ${cluster}, ${field}: <code>${before ?? "none"}</code> → <code>${after ?? "none"}</code></li>`,
  );
  return items("Releases and rings", [...bases, ...moves]);
}

const heads = AMOUNTS.map(([, name]) => markup`<th scope="col">${name}</th>`);

function capacity({ capacity }: Preview): Markup {
  if (capacity.length === 0) return none;
  const rows = capacity.map(({ cluster, has, usedBefore, usedAfter }) => {
    const cells = AMOUNTS.map(([key, name, text]) => {
      if (has === null) return markup`<td>unknown</td>`;
      const [before, after] = [has[key] - usedBefore[key], has[key] - usedAfter[key]];
      const was = before === after ? "" : `, was ${text(before)}`;
      const meter = markup`<meter min="0" max="${has[key]}" low="${has[key] * 0.8}" high="${has[key] * 0.95}" optimum="0" value="${usedAfter[key]}" aria-label="${name} promised in ${cluster}"></meter>`;
      return markup`<td>${text(after)} of ${text(has[key])}<span class="soft">${was}</span>${meter}</td>`;
    });
    return markup`<tr><th scope="row">${cluster}</th>${cells}</tr>`;
  });
  return markup`<h2>Capacity left when all quotas are used up</h2><div class="card"><table><tr><td></td>${heads}</tr>${rows}</table></div>`;
}

function groupHtml(group: Group, isOpen: boolean): Markup {
  const { units, gained, lost, notes, objects } = group;
  const names =
    units.length === 1
      ? none
      : markup`<p class="soft">The same for ${units.map(unitName).join(", ")}. Names below are those of the first.</p>`;
  const flows = [
    ...gained.map((flow) => flowHtml(flow, "gained", "may now reach")),
    ...lost.map((flow) => flowHtml(flow, "lost", "no longer may reach")),
  ];
  const consequences = notes.map(
    ({ level, text }) =>
      markup`<li class="${level}"><span class="level">${level}</span> ${text}</li>`,
  );
  const lines = objects.flatMap(objectLines);
  const shown = lines.slice(0, MAX_PAGE_LINES);
  const more = lines.length - shown.length;
  const part = (title: string, list: readonly Markup[]): Markup =>
    list.length === 0 ? none : markup`<h3>${title}</h3><ul>${list}</ul>`;
  const body = [
    names,
    sizes(group),
    part("What follows from it", consequences),
    part("Who may talk to whom", flows),
    lines.length === 0 ? none : markup`<h3>Objects</h3><pre>${shown.map(lineHtml)}</pre>`,
    more === 0
      ? none
      : markup`<p class="soft">${plural(more, "line")} more: --format json has all of it.</p>`,
  ];
  const open = new Markup(isOpen ? " open" : "");
  return markup`<details${open}><summary><b>${groupName(group)}</b> <span class="soft">${placeWords(group)}</span> <span>${groupWords(group)}</span></summary><div class="body">${body}</div></details>`;
}

function flowHtml(flow: Group["gained"][number], kind: string, verb: string): Markup {
  const { from, to, ports } = flowWords(flow);
  return markup`<li class="${kind}"><code>${from}</code> ${verb} <code>${to}</code> on ${ports}</li>`;
}

const KINDS: Readonly<Record<string, string>> = { "+": "add", "-": "del", "@": "at" };

function lineHtml(line: string): Markup {
  const text = line.replaceAll("@@", "").trimStart();
  return markup`<span class="${KINDS[line[0] ?? ""] ?? "same"}">${text}</span>`;
}

function sizes(group: Group): Markup {
  const rows = sizeRows(group).filter(({ cells }) => cells.some((cell) => cell?.differs));
  if (rows.length === 0) return none;
  const lines = rows.map(({ what, cells }) => {
    const texts = cells.map((cell) => {
      if (cell === null) return markup`<td></td>`;
      if (!cell.differs) return markup`<td class="soft">${cell.after}</td>`;
      return markup`<td>${cell.before} → <b>${cell.after}</b></td>`;
    });
    return markup`<tr><th scope="row">${what}</th>${texts}</tr>`;
  });
  return markup`<table><tr><td></td>${heads}</tr>${lines}</table>`;
}
