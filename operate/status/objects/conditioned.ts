import { listAt } from "../../../tools/values.ts";
import { conditionsOf, type Condition } from "./conditions.ts";
import { identityOf, type Identity } from "./identity.ts";

/** An object that says by its conditions whether it works: an autoscaler, a route, a secret from a vault. */
export type Conditioned = Identity & {
  kind: "HorizontalPodAutoscaler" | "HTTPRoute" | "ExternalSecret";
  conditions: Condition[];
};

export const conditionedOf =
  (kind: Conditioned["kind"]) =>
  (object: unknown): Conditioned => ({
    ...identityOf(object),
    kind,
    // A route has its own for each Gateway.
    conditions: [
      ...conditionsOf(object),
      ...listAt(object, "status", "parents").flatMap((parent) => conditionsOf({ status: parent })),
    ],
  });
