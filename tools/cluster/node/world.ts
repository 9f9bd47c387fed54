import type { Runtime } from "./packages.ts";

/** What the parts of one node share. */
export interface World {
  /** Gets all that the node writes; whoever started it removes it. */
  readonly folder: string;
  readonly logs: string;
  /** The programs of tools/cluster/go.mod. */
  readonly bin: string;
  readonly runtime: Runtime;
  /** Whether layers can be laid over each other, or have to be copied. */
  readonly overlay: boolean;
  /** The name of the control group that all pods are in. */
  readonly cgroup: string;
  /** Enforces network policies, where the user has brought one. */
  readonly engine: { readonly program: string; readonly args: readonly string[] } | undefined;
}
