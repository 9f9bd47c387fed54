import type { MovingTrouble } from "../moving.ts";

type Kind = MovingTrouble["kind"];

export interface TroublesReport {
  /** Something that was not known before. */
  readonly troubled: (trouble: MovingTrouble) => void;
  /** All of a kind is over. */
  readonly eased: (kind: Kind) => void;
}

/** What goes wrong beside the moving: each told once, and kept for whoever asks as long as it lasts. */
export class Troubles {
  readonly #report: TroublesReport;
  readonly #reasons = new Map<Kind, ReadonlySet<string>>();

  constructor(report: TroublesReport) {
    this.#report = report;
  }

  /** @param reasons All of this kind that there are now. */
  set(kind: Kind, reasons: Iterable<string>): void {
    const before = this.#reasons.get(kind) ?? new Set();
    const now = new Set(reasons);
    for (const reason of now) if (!before.has(reason)) this.#report.troubled({ kind, reason });
    if (before.size > 0 && now.size === 0) this.#report.eased(kind);
    if (now.size === 0) this.#reasons.delete(kind);
    else this.#reasons.set(kind, now);
  }

  get all(): readonly MovingTrouble[] {
    return [...this.#reasons].flatMap(([kind, reasons]) =>
      [...reasons].map((reason) => ({ kind, reason })),
    );
  }
}
