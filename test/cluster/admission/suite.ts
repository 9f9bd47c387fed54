import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { root } from "../../../tools/root.ts";
import { type Answer, connect, expectOk, refusalOf } from "../support/api.ts";
import { build } from "../support/overlays.ts";
import { policiesInForce } from "../support/platform.ts";
import { actors } from "./actors.ts";
import type { Attack } from "./attack.ts";
import { attacks } from "./attacks/all.ts";
import { endWorld, makeWorld } from "./world.ts";

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
  /Upgrade request required|pods "app" not found|dial tcp|no endpoints available|error trying to reach|connection refused|no such host|no preferred addresses/;

function passed(answer: Answer): string {
  const message = refusalOf(answer);
  return message === "" || AFTERWARDS.test(message) ? "passes" : `${answer.status} ${message}`;
}

export function suite(cluster: "home" | "cloud"): void {
  const api = connect();
  const who = actors(api);
  const ofThis = attacks[cluster];
  const policies = [...new Set(ofThis.map(({ policy }) => policy))];

  beforeAll(async () => await makeWorld(api, cluster), 180_000);
  afterAll(async () => await endWorld(api), 180_000);

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

  describe.each(policies)("without neurallog-%s", (policy) => {
    const file = `${root}/bases/platform/admission`;
    const binding = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name: `neurallog-${policy}` },
    };
    beforeAll(async () => {
      expectOk("take the binding away", await api.delete(binding));
      await policiesInForce(api);
    });
    afterAll(async () => {
      const objects = await build(file);
      const found = objects.find(
        ({ kind, metadata }) => kind === binding.kind && metadata.name === binding.metadata.name,
      );
      if (found === undefined) throw new Error(`${binding.metadata.name} is not there`);
      expectOk("put the binding back", await api.apply(found));
      await policiesInForce(api);
    });

    it.each(ofThis.filter((attack) => attack.policy === policy))(
      "this succeeds: $name",
      async ({ attempt, by = "outsider" }: Attack) => {
        expect(passed(await attempt(who[by]))).toBe("passes");
      },
    );
  });
}
