import { z } from "zod";

/**
 * What `npm run preview` finds out. The JSON output is exactly this; the other outputs are made from it, and the
 * workflow that posts a comment reads nothing else, so that text of a pull request is always escaped by trusted code.
 */

export const jsonSchema = z.json();

/** A step into an object: a key; an element of a list by the field that names it; or one by its position. */
const step = z.union([
  z.string(),
  z.strictObject({ by: z.string(), is: z.union([z.string(), z.number()]) }),
  z.strictObject({ index: z.int() }),
]);

/**
 * One difference. Positions are those in the old list, of `add` those in the new one. What is added to a list of
 * named elements comes last; where the names stand in another order than that gives, an `order` says how.
 */
const change = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("add"), at: z.array(step), after: jsonSchema }),
  z.strictObject({ op: z.literal("remove"), at: z.array(step), before: jsonSchema }),
  z.strictObject({
    op: z.literal("change"),
    at: z.array(step),
    before: jsonSchema,
    after: jsonSchema,
  }),
  z.strictObject({
    op: z.literal("order"),
    at: z.array(step),
    by: z.string(),
    after: z.array(z.union([z.string(), z.number()])),
  }),
]);

const objectName = {
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string().nullable(),
  name: z.string(),
};

const objectChange = z.discriminatedUnion("change", [
  z.strictObject({ ...objectName, change: z.literal("added"), object: jsonSchema }),
  z.strictObject({ ...objectName, change: z.literal("changed"), fields: z.array(change) }),
  z.strictObject({ ...objectName, change: z.literal("removed") }),
]);

/** Milli-cores, bytes and numbers of pods. */
const amounts = z.strictObject({
  cpu: z.number(),
  memory: z.number(),
  storage: z.number(),
  pods: z.number(),
});

/** `requested` and `limits` at the most that is ever deployed at once; `quota` is what may be asked for. */
const totals = z.strictObject({
  requested: amounts,
  limits: z.strictObject({ cpu: z.number(), memory: z.number() }),
  quota: amounts,
});

const unit = z.strictObject({
  kind: z.enum(["tenant", "platform"]),
  cluster: z.string(),
  /** A tenant's id; of a platform, its cluster's name. */
  id: z.string(),
  change: z.enum(["added", "changed", "removed"]),
  ring: z.string().nullable(),
  before: totals.nullable(),
  after: totals.nullable(),
});

/** Who may talk to whom, in words. */
const flow = z.strictObject({ from: z.string(), to: z.string(), ports: z.string() });

const note = z.strictObject({
  /** `error`: must not be merged. `alarm`: a warning that nobody may overlook. */
  level: z.enum(["error", "alarm", "warning", "info"]),
  code: z.string(),
  text: z.string(),
});

/** Tenants whose changes are the same but for their names. Texts and objects are those of the first. */
const group = z.strictObject({
  units: z.array(unit).min(1),
  objects: z.array(objectChange),
  gained: z.array(flow),
  lost: z.array(flow),
  notes: z.array(note),
});

const capacity = z.strictObject({
  cluster: z.string(),
  /** Null where the cluster's record could not be read. */
  has: amounts.nullable(),
  usedBefore: amounts,
  usedAfter: amounts,
});

export const previewSchema = z.strictObject({
  version: z.literal(1),
  base: z.strictObject({ ref: z.string(), commit: z.string() }),
  head: z.strictObject({ commit: z.string(), dirty: z.boolean() }),
  /** What must not be merged and is about no group below: records, builds, what could not be looked at. */
  errors: z.array(
    z.strictObject({ code: z.string(), where: z.string().nullable(), text: z.string() }),
  ),
  /** Whole overlays: all that there are now, those whose inputs differ, and of those what was built. */
  overlays: z.strictObject({ all: z.int(), compared: z.int(), built: z.int(), cached: z.int() }),
  capacity: z.array(capacity),
  /** What a cluster's channels give to whom. */
  channels: z.array(
    z.strictObject({
      cluster: z.string(),
      channel: z.string(),
      field: z.string(),
      before: z.string().nullable(),
      after: z.string().nullable(),
    }),
  ),
  /** Bases whose files changed, with the tenants that follow them. */
  reach: z.array(
    z.strictObject({
      base: z.string(),
      files: z.int(),
      rings: z.array(
        z.strictObject({ cluster: z.string(), ring: z.string(), ids: z.array(z.string()) }),
      ),
    }),
  ),
  groups: z.array(group),
});

export type Json = z.infer<typeof jsonSchema>;
export type Step = z.infer<typeof step>;
export type Change = z.infer<typeof change>;
export type ObjectChange = z.infer<typeof objectChange>;
export type Amounts = z.infer<typeof amounts>;
export type Totals = z.infer<typeof totals>;
export type Unit = z.infer<typeof unit>;
export type FlowText = z.infer<typeof flow>;
export type Note = z.infer<typeof note>;
export type Group = z.infer<typeof group>;
export type Capacity = z.infer<typeof capacity>;
export type Preview = z.infer<typeof previewSchema>;

/** Whether anything in it must not be merged. */
export function isRefused({ errors, groups }: Preview): boolean {
  return (
    errors.length > 0 || groups.some(({ notes }) => notes.some(({ level }) => level === "error"))
  );
}
