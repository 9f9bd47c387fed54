import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { connect } from "../support/api.ts";
import { stateOf } from "../support/argo.ts";
import {
  closeWorld,
  cure,
  everyone,
  followed,
  guarded,
  healsDefaultDeny,
  merge,
  NEIGHBOUR,
  OPENING_MS,
  openWorld,
  promoteMain,
  pushPast,
  seen,
  undo,
  type World,
} from "./world.ts";

export interface Mistake {
  readonly name: string;
  /** The tenant that it is made with; nobody else's files are touched. */
  readonly victim: string;
  readonly make: (world: World, victim: string) => void;
  /** Codes of what `npm run promote` says of it. */
  readonly refused: readonly string[];
  /** What Argo CD says of the tenant when it gets the mistake all the same. */
  readonly sees: RegExp;
  /** Whether the tenant's own drift is healed then; its neighbour's always is. */
  readonly heals: boolean;
}

export const GONE = /^Unknown;.*app path does not exist/;
export const BROKEN = /^Unknown;.*kustomize build .* failed/s;
export const EMPTY = /^OutOfSync;.*auto-sync will wipe out all resources/;

/** What is not to be healed is waited for this long, in ms: what is comes back within one or two seconds. */
export const UNHEALED_MS = 4_000;

const api = connect();

/** Opens the suite's world, with a tenant for each mistake, and closes it afterwards. */
export function worldOf(mistakes: readonly Mistake[]): () => World {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(...mistakes.map(({ victim }) => victim));
  }, OPENING_MS);
  afterAll(async () => {
    await closeWorld(world);
  });
  return () => world;
}

/** Both lines, for mistakes that all have a tenant of their own. */
export function atBothLines(mistakes: readonly Mistake[]): void {
  const open = worldOf(mistakes);
  mergedToMain(open, mistakes.map(bySomebody));
  pushedPast(open, mistakes);
}

/** A mistake at the first line, where nothing comes of it: whose it is makes no difference. */
export type Merged = Pick<Mistake, "name" | "refused"> & { make: (world: World) => void };

export function bySomebody({ name, refused, make, victim }: Mistake): Merged {
  return { name, refused, make: (world) => make(world, victim) };
}

/** The first line: merged to main, each alone, none is promoted, and tenants keep what they have. */
export function mergedToMain(open: () => World, mistakes: readonly Merged[]): void {
  describe("merged to main", () => {
    it.each(mistakes)("$name is not promoted", async ({ name, refused, make }) => {
      const world = open();
      make(world);
      merge(world, name);
      expect(await promoteMain(world)).toEqual(expect.arrayContaining([...refused]));
      expect(followed(world)).toBe(world.good);
      undo(world);
    });

    it("none of them reaches Argo CD, which heals every tenant as ever", async () => {
      const { tenants, good } = open();
      expect(await everyone(tenants, (tenant) => healsDefaultDeny(tenant))).toEqual(
        tenants.map(() => true),
      );
      const states = await everyone(tenants, (tenant) => stateOf(api, tenant));
      expect(states.map((state) => state?.revision)).toEqual(tenants.map(() => good));
    });
  });
}

/** The second line: all of them in one commit, each with a tenant of its own, pushed past every check. */
export function pushedPast(open: () => World, mistakes: readonly Mistake[]): void {
  describe("pushed past every check", () => {
    let before: Map<string, string>;
    let after: Map<string, string>;
    const said = new Map<string, string>();
    const healed = new Map<string, boolean>();

    beforeAll(async () => {
      const world = open();
      before = await guarded(world);
      for (const { make, victim } of mistakes) make(world, victim);
      const commit = merge(world, "All of it at once");
      pushPast(world);
      await everyone(world.tenants, async (tenant) => said.set(tenant, await seen(tenant, commit)));
      after = await guarded(world);
      await everyone(world.tenants, async (tenant) => {
        const isHealed = mistakes.find(({ victim }) => victim === tenant)?.heals ?? true;
        healed.set(tenant, await healsDefaultDeny(tenant, isHealed ? undefined : UNHEALED_MS));
      });
    });

    it.each(mistakes)(
      "$name costs no namespace, volume, Redis or policy",
      ({ victim, sees, heals }) => {
        expect(said.get(victim)).toMatch(sees);
        expect(of(victim, after)).toEqual(of(victim, before));
        expect(of(victim, before).length).toBeGreaterThan(8);
        expect(healed.get(victim)).toBe(heals);
      },
    );

    it("their neighbour is Synced with it, and its drift is healed", () => {
      expect(said.get(NEIGHBOUR)).toMatch(/^Synced;/);
      expect(of(NEIGHBOUR, after)).toEqual(of(NEIGHBOUR, before));
      expect(healed.get(NEIGHBOUR)).toBe(true);
    });

    it("the next good commit cures all of it", async () => {
      const world = open();
      await cure(world);
      expect(withoutDrift(await guarded(world))).toEqual(withoutDrift(before));
    });
  });
}

/** With a default deny that was deleted for drift, and so is another one, by its name alone. */
export function withoutDrift(all: Map<string, string>): [string, string][] {
  const isDrift = (title: string): boolean => /tenant-\w+\/default-deny/.test(title);
  return [...all].map(([title, uid]) => [title, isDrift(title) ? "whichever" : uid]);
}

/** A tenant's own of them. */
const of = (tenant: string, all: Map<string, string>): [string, string][] =>
  [...all].filter(([title]) => new RegExp(` tenant-${tenant}(?![a-z0-9])`).test(title));
