import { listAt, momentAt, textAt } from "../../../tools/values.ts";

/** A condition, as Kubernetes' and Argo CD's kinds have them. */
export type Condition = {
  type: string;
  /** `True`, `False`, `Unknown`; Argo CD's Applications have none. */
  status: string | undefined;
  reason: string | undefined;
  message: string;
  since: number | undefined;
};

export const conditionsOf = (object: unknown): Condition[] =>
  listAt(object, "status", "conditions").map((condition) => ({
    type: textAt(condition, "type") ?? "",
    status: textAt(condition, "status"),
    reason: textAt(condition, "reason"),
    message: textAt(condition, "message") ?? "",
    since: momentAt(condition, "lastTransitionTime"),
  }));
