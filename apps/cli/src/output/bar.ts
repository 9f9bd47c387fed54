import type { LevelCounts } from "@neurallog/client";
import type { Style } from "./style.ts";

/** A bar as long as a value's share of the largest: anything but nothing is seen. */
export function bar(value: number, most: number, width: number): string {
  return "█".repeat(length(value, most, width));
}

/** The same by severity, the heavier the darker: the shades say it without colours too. */
export function levelBar(levels: LevelCounts, most: number, width: number, style: Style): string {
  const errors = levels.ERROR + levels.FATAL;
  const warnings = levels.WARN;
  const others = levels.TRACE + levels.DEBUG + levels.INFO;
  const all = length(errors + warnings + others, most, width);
  const severe = Math.min(all, length(errors, most, width));
  const middle = Math.min(all - severe, length(warnings, most, width));
  const parts = [
    style.level("ERROR", "█".repeat(severe)),
    style.level("WARN", "▓".repeat(middle)),
    style.level("INFO", "░".repeat(all - severe - middle)),
  ];
  return parts.join("");
}

/** Where something lies within a whole, both from 0 on. */
export function spanBar(start: number, duration: number, whole: number, width: number): string {
  if (whole <= 0) return "█";
  const from = Math.min(width - 1, Math.floor((start / whole) * width));
  const cells = Math.min(width - from, Math.max(1, Math.round((duration / whole) * width)));
  return " ".repeat(from) + "█".repeat(cells);
}

function length(value: number, most: number, width: number): number {
  return value === 0 || most === 0 ? 0 : Math.max(1, Math.round((value / most) * width));
}
