import type { Attack } from "../attack.ts";
import * as boundaries from "./boundaries.ts";
import * as cloud from "./cloud.ts";
import * as namespaces from "./namespaces.ts";
import * as pods from "./pods.ts";
import * as traffic from "./traffic.ts";
import * as waysIn from "./ways-in.ts";

const of = (...tables: Readonly<Record<string, Attack[]>>[]): Attack[] =>
  tables.flatMap((table) => Object.values(table).flat());

/** What is tried on each cluster, with that cluster's settings. */
export const attacks: Readonly<Record<"home" | "cloud", Attack[]>> = {
  home: of(namespaces, boundaries, pods, waysIn, traffic),
  cloud: of(cloud),
};
