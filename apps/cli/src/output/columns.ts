export interface Column {
  readonly name: string;
  readonly right?: boolean;
}

/** Aligned columns under their names. The last column of a row may be of any width. */
export function columns(head: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [head.map(({ name }) => name), ...rows];
  const widths = head.map((_, at) => Math.max(...lines.map((line) => widthOf(line[at] ?? ""))));
  return lines
    .map((line) => {
      const cells = line.map((cell, at) => {
        const fill = " ".repeat(Math.max(0, (widths[at] ?? 0) - widthOf(cell)));
        return head[at]?.right === true ? fill + cell : cell + fill;
      });
      return `${cells.join("  ").trimEnd()}\n`;
    })
    .join("");
}

export const count = (value: number): string => value.toLocaleString("en");

/** As a person says it: `1 record`, `2 records`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

export function bytes(value: number): string {
  const step = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(value || 1) / 10)));
  const digits = step === 0 ? 0 : 1;
  return `${(value / 1024 ** step).toLocaleString("en", { maximumFractionDigits: digits })} ${UNITS[step]}`;
}

export function share(part: number, whole: number): string {
  return whole === 0 ? "" : `${Math.round((part / whole) * 100)}%`;
}

// Colours take no room.
const painted = /\u001b\[[\d;]*m/g;

function widthOf(text: string): number {
  return text.replace(painted, "").length;
}
