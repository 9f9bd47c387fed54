// Overlays whose files are half-written or empty. As in files.test.ts each mistake is tried at both lines of defence.
import { atBothLines, BROKEN, EMPTY, type Mistake } from "./lines.ts";
import { overlayOf, rootOf, truncate } from "./world.ts";

const mistakes: Mistake[] = [
  {
    name: "a half-written kustomization",
    victim: "halfone",
    make: (world, victim) => truncate(world, `${rootOf(victim)}/kustomization.yaml`),
    refused: ["build-reference", "drift-differs"],
    sees: BROKEN,
    heals: false,
  },
  {
    name: "half-written patches",
    victim: "halftwo",
    make: (world, victim) => truncate(world, `${rootOf(victim)}/patches.yaml`),
    refused: ["build-failed", "drift-differs"],
    sees: BROKEN,
    heals: false,
  },
  {
    name: "an empty kustomization",
    victim: "blank",
    make: ({ repository }, victim) =>
      repository.write(`${overlayOf(victim)}/kustomization.yaml`, ""),
    refused: ["build-reference", "drift-differs"],
    sees: BROKEN,
    heals: false,
  },
  {
    name: "a kustomization of nothing",
    victim: "nothing",
    make: ({ repository }, victim) =>
      repository.write(`${overlayOf(victim)}/kustomization.yaml`, "resources: []\n"),
    refused: ["build-reference", "drift-differs"],
    sees: EMPTY,
    heals: false,
  },
];

atBothLines(mistakes);
