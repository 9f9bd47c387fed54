// Records and overlays that are deleted, renamed or emptied by mistake. There are two lines of defence, and each mistake
// is tried at both: merged to main, where `npm run promote` refuses; and pushed past that, to the very ref that Argo CD
// follows.
import { renameSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import {
  bySomebody,
  EMPTY,
  GONE,
  mergedToMain,
  type Mistake,
  pushedPast,
  UNHEALED_MS,
  withoutDrift,
  worldOf,
} from "./lines.ts";
import {
  cure,
  edit,
  everyone,
  guarded,
  healsDefaultDeny,
  merge,
  overlayOf,
  pushPast,
  seen,
  type World,
} from "./world.ts";

const mistakes: Mistake[] = [
  {
    name: "a deleted record",
    victim: "unrecorded",
    make: ({ repository }, victim) => repository.remove(`tenants/${victim}.yaml`),
    refused: ["record-vanished"],
    sees: /^Synced;/,
    heals: true,
  },
  {
    name: "a deleted record, and its overlay with it",
    victim: "deleted",
    make: ({ repository }, victim) => {
      repository.remove(`tenants/${victim}.yaml`);
      repository.remove(overlayOf(victim));
    },
    refused: ["record-vanished"],
    sees: GONE,
    heals: false,
  },
  {
    name: "a record that was renamed",
    victim: "named",
    make: (world, victim) => {
      const path = (file: string): string => join(world.repository.root, file);
      renameSync(path(`tenants/${victim}.yaml`), path("tenants/renamed.yaml"));
      edit(world, "tenants/renamed.yaml", `id: ${victim}`, "id: renamed");
      world.repository.remove(overlayOf(victim));
    },
    refused: ["record-vanished"],
    sees: GONE,
    heals: false,
  },
  {
    name: "an empty directory in an overlay's place",
    victim: "emptied",
    make: ({ repository }, victim) => {
      repository.remove(overlayOf(victim));
      repository.write(`${overlayOf(victim)}/.gitkeep`, "");
    },
    refused: ["build-reference", "drift-extra", "drift-missing"],
    sees: EMPTY,
    heals: false,
  },
];

/** Nobody's files are left. */
const sweeping = [
  {
    name: "git rm -r of all tenants' overlays",
    path: "overlays/home/tenants",
    refused: ["drift-missing"],
  },
  { name: "git rm -r overlays", path: "overlays", refused: ["unknown-reference"] },
];

const open = worldOf(mistakes);

mergedToMain(open, [
  ...mistakes.map(bySomebody),
  ...sweeping.map(({ name, refused, path }) => ({
    name,
    refused,
    make: ({ repository }: World) => repository.remove(path),
  })),
]);

pushedPast(open, mistakes);

describe.each(sweeping)("$name, pushed past every check,", ({ name, path }) => {
  it("costs no namespace, volume, Redis or policy, and the next good commit cures it", async () => {
    const world = open();
    const before = await guarded(world);
    world.repository.remove(path);
    const commit = merge(world, name);
    pushPast(world);
    for (const words of await everyone(world.tenants, (tenant) => seen(tenant, commit))) {
      expect(words).toMatch(GONE);
    }
    expect(await guarded(world)).toEqual(before);
    const healed = await everyone(world.tenants, (tenant) => healsDefaultDeny(tenant, UNHEALED_MS));
    expect(healed).toEqual(world.tenants.map(() => false));
    await cure(world);
    expect(withoutDrift(await guarded(world))).toEqual(withoutDrift(before));
  });
});
