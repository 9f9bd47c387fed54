import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { root } from "../../../tools/root.ts";
import { type Answer, type Api, expectOk, type Manifest, refusalOf } from "../support/api.ts";
import { build } from "../support/overlays.ts";
import { policiesInForce } from "../support/platform.ts";
import { actors } from "./actors.ts";
import type { Attack } from "./attack.ts";
import { attacks } from "./attacks/all.ts";

/** The policies that refused, by their names without `neurallog-`; `rbac` where it did not come to that. */
function refusers({ status, body }: Answer): string[] {
  if (status < 300) return [];
  const text = JSON.stringify(body);
  const found = [...text.matchAll(/ValidatingAdmissionPolicy 'neurallog-([^']+)'/g)];
  if (found.length === 0)
    return [/cannot \w+ resource/.test(text) ? "rbac" : refusalOf({ status, body })];
  return [...new Set(found.map(([, name = ""]) => name))];
}

/** A connection that got past RBAC and every policy ends here: no upgrade was asked for, no such pod, no such node. */
const AFTERWARDS =
  /Upgrade request required|pods "(?:app|archive-0)" not found|dial tcp|no endpoints available|error trying to reach|connection refused|no such host|no preferred addresses/;

function passed(answer: Answer): string {
  const message = refusalOf(answer);
  return message === "" || AFTERWARDS.test(message) ? "passes" : `${answer.status} ${message}`;
}

/** Tries every attack of a cluster in a world that is there: with all policies, and without the one that it is about. */
export function refusals(cluster: keyof typeof attacks, api: Api): void {
  const who = actors(api);
  const ofThis = attacks[cluster];
  const policies = [...new Set(ofThis.map(({ policy }) => policy))];

  describe.each(policies)("neurallog-%s refuses", (policy) => {
    const these = ofThis.filter((attack) => attack.policy === policy);

    it.each(these)("$name", async ({ attempt, by = "outsider", owner, twin }: Attack) => {
      const seen = {
        program: refusers(await attempt(who.program)),
        people: refusers(await attempt(who.owner)),
        [by]: refusers(await attempt(who[by])),
        [twin.what]: passed(await twin.attempt(who[twin.by])),
      };
      expect(seen).toEqual({
        program: ["rbac"],
        people: owner === "rbac" ? ["rbac"] : [policy],
        // Whom RBAC lets pass.
        [by]: [policy],
        [twin.what]: "passes",
      });
    });
  });

  describe("with one policy's binding taken away", () => {
    const bindings = new Map<string, Manifest>();
    let away: Manifest | undefined;

    /** Takes one away and puts the last one back, which the server sees together. */
    async function without(next: Manifest | undefined): Promise<void> {
      if (away !== undefined) expectOk("put a binding back", await api.apply(away));
      if (next !== undefined) expectOk("take a binding away", await api.delete(next));
      away = next;
      await policiesInForce(api);
    }
    beforeAll(async () => {
      for (const each of await build(join(root, "bases/platform/admission")))
        if (each.kind === "ValidatingAdmissionPolicyBinding")
          bindings.set(each.metadata.name ?? "", each);
    });
    afterAll(async () => await without(undefined));

    describe.each(policies)("neurallog-%s", (policy) => {
      beforeAll(async () => await without(bindings.get(`neurallog-${policy}`)));

      it.each(ofThis.filter((attack) => attack.policy === policy))(
        "this succeeds: $name",
        async ({ attempt, by = "outsider" }: Attack) => {
          expect(passed(await attempt(who[by]))).toBe("passes");
        },
      );
    });
  });
}
