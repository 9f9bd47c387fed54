import type { Container, PodSpec } from "../../manifests/workloads.ts";
import { formatBytes, formatCpu, quantity } from "../../record/quantity.ts";

/** Amounts by resource: thousandths of a core, and bytes. */
export type Amounts = Readonly<Record<Resource, number>>;
export type Resource = "cpu" | "memory" | "ephemeral-storage";
export type Side = "requests" | "limits";

export const RESOURCES: readonly Resource[] = ["cpu", "memory", "ephemeral-storage"];
export const SIDES: readonly Side[] = ["requests", "limits"];

/** What a LimitRange gives to containers that say nothing. */
export type Defaults = Readonly<Record<Side, Readonly<Record<string, string | number>>>>;

export function amount(resource: Resource, text: string | number): number {
  return quantity(text, resource === "cpu" ? "cpu" : "bytes");
}

export function words(resource: Resource | "storage", value: number): string {
  return resource === "cpu" ? formatCpu(value) : formatBytes(value);
}

/** What the API server counts for a container: its own words, else its limit as request, else the LimitRange's. */
export function ofContainer(
  { resources }: Container,
  side: Side,
  resource: Resource,
  defaults: Defaults,
): number {
  const own = resources?.[side]?.[resource];
  const limit = side === "requests" ? resources?.limits?.[resource] : undefined;
  const found = own ?? limit ?? defaults[side][resource];
  return found === undefined ? 0 : amount(resource, found);
}

/**
 * What a quota counts for one pod. Init containers run before the others, one at a time, so the
 * largest of them counts; those that restart (sidecars) stay, so they count beside everything after them.
 */
export function ofPod(spec: PodSpec, side: Side, resource: Resource, defaults: Defaults): number {
  let staying = 0;
  let largest = 0;
  for (const init of spec.initContainers ?? []) {
    const own = ofContainer(init, side, resource, defaults);
    if (init.restartPolicy === "Always") staying += own;
    largest = Math.max(largest, init.restartPolicy === "Always" ? staying : staying + own);
  }
  const running = spec.containers.reduce(
    (sum, container) => sum + ofContainer(container, side, resource, defaults),
    staying,
  );
  return Math.max(running, largest);
}
