// Overlays that lack what they had. As in files.test.ts each mistake is tried at both lines of defence.
import { atBothLines, BROKEN, type Mistake } from "./lines.ts";
import { drop, edit, overlayOf, rootOf } from "./world.ts";

/** Argo CD keeps what it may not prune, and says that it is too much. */
const KEPT = /^OutOfSync; successfully synced/;

const mistakes: Mistake[] = [
  {
    name: "an organization that the kustomization lost",
    victim: "orgless",
    make: (world, victim) => {
      const line = new RegExp(`^.*tenant-${victim}-org-web"?\n`, "m");
      edit(world, `${overlayOf(victim)}/kustomization.yaml`, line, "");
    },
    refused: ["drift-differs", "reach-namespace", "reach-not-isolated"],
    sees: KEPT,
    heals: true,
  },
  {
    name: "Redis that the kustomization lost",
    victim: "redisless",
    make: (world, victim) =>
      edit(world, `${rootOf(victim)}/kustomization.yaml`, /^.*bases\/next\/redis"?\n/m, ""),
    refused: ["build-failed", "drift-differs"],
    sees: BROKEN,
    heals: false,
  },
  {
    name: "a StatefulSet that the patches delete",
    victim: "setless",
    make: (world, victim) => drop(world, victim, ["apps/v1", "StatefulSet", "redis"]),
    refused: ["drift-differs", "reach-missing"],
    sees: KEPT,
    heals: true,
  },
  {
    name: "a claim that the patches delete",
    victim: "claimless",
    make: (world, victim) => drop(world, victim, ["v1", "PersistentVolumeClaim", "data-redis-0"]),
    refused: ["drift-differs"],
    sees: KEPT,
    heals: true,
  },
  {
    name: "a default-deny that the patches delete",
    victim: "denyless",
    make: (world, victim) =>
      drop(world, victim, ["networking.k8s.io/v1", "NetworkPolicy", "default-deny"]),
    refused: ["drift-differs", "reach-not-isolated"],
    sees: KEPT,
    // What is not in Git any more is not healed; admission keeps everybody but the platform from deleting it.
    heals: false,
  },
];

atBothLines(mistakes);
