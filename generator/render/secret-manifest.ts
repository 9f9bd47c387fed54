import type { Plan } from "../plan/plan.ts";
import { yaml } from "./quote.ts";
import type { FreshSecret } from "./fresh-secrets.ts";
import { providerPath } from "./secrets.ts";

/** Secrets as a manifest for `kubectl apply --server-side`. */
export function secretManifest(plan: Plan, secrets: readonly FreshSecret[]): string {
  return secrets
    .map(({ namespace, name, entries }) =>
      yaml(
        {
          apiVersion: "v1",
          kind: "Secret",
          metadata: {
            name,
            namespace: namespace.name,
            labels: { "neurallog.dev/tenant": plan.id },
          },
          type: "Opaque",
          // Not stringData: server-side apply would not know again which entries are whose.
          data: Object.fromEntries(
            Object.entries(entries).map(([entry, value]) => [
              entry,
              Buffer.from(value).toString("base64"),
            ]),
          ),
        },
        0,
      ).slice(1),
    )
    .join("\n---\n")
    .concat("\n");
}

/** Secrets as what to store at the provider behind External Secrets: path -> entries, as JSON. */
export function secretEntries(keyPrefix: string, secrets: readonly FreshSecret[]): string {
  const byPath = secrets.map(({ namespace, name, entries }) => [
    providerPath(keyPrefix, namespace, name),
    entries,
  ]);
  return `${JSON.stringify(Object.fromEntries(byPath), null, 2)}\n`;
}
