import { attacks } from "../cluster/admission/attacks/all.ts";
import type { Attack } from "../cluster/admission/attack.ts";

/** Who tries, in words. */
const BY: Readonly<Record<string, string>> = {
  outsider: "a cluster-admin",
  argo: "Argo CD, by a commit",
  platform: "the platform",
  applicationSet: "the ApplicationSet",
  namespaceController: "the namespace controller",
  certManager: "cert-manager",
};

const HEADINGS = [
  "Attack",
  "A tenant's people are refused by",
  "Whom RBAC lets pass",
  "is refused by neurallog-…",
  "And this passes",
];

function rowOf({ name, policy, by = "outsider", owner, twin }: Attack): string[] {
  const cells = [name, owner === "rbac" ? "RBAC" : "the policy", BY[by] ?? by, policy, twin.what];
  return cells.map((text) => text.replaceAll("|", "\\|").replaceAll("*", "\\*"));
}

/** The table of docs/admission.md, as the formatter lays it out: what is tried, and what refuses it. */
export function table(): string {
  const all = [...attacks.home, ...attacks.cloud];
  const policies = [...new Set(all.map(({ policy }) => policy))].toSorted();
  const rows = policies.flatMap((policy) =>
    all.filter((attack) => attack.policy === policy).map((attack) => rowOf(attack)),
  );
  const widths = HEADINGS.map((heading, i) =>
    Math.max(heading.length, ...rows.map((cells) => cells[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[], filler = " "): string =>
    `| ${cells.map((text, i) => text.padEnd(widths[i] ?? 0, filler)).join(" | ")} |`;
  return [
    `${all.length} attacks on ${policies.length} policies.`,
    "",
    line(HEADINGS),
    line(
      HEADINGS.map(() => ""),
      "-",
    ),
    ...rows.map((cells) => line(cells)),
  ].join("\n");
}
