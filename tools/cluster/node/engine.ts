import { Part } from "../part.ts";
import { NODE } from "./limits.ts";
import type { World } from "./world.ts";

/** Starts what the user has brought to enforce network policies; none where none was. */
export function startEngine({ engine, logs }: World, kubeconfig: string): Part[] {
  if (engine === undefined) return [];
  const env = { ...process.env, KUBECONFIG: kubeconfig, NODE_NAME: NODE };
  return [new Part({ name: "policy-engine", ...engine, env, logs })];
}
