import { beforeAll, expect, it } from "vitest";
import { z } from "zod";

import { run } from "../../operate/support/run.ts";
import { connect } from "../support/api.ts";
import { installPlatform } from "../support/platform.ts";
import { bind, reader } from "./kubeconfig.ts";

const api = connect();

const report = z.object({
  verdict: z.string(),
  checks: z.array(z.object({ verdict: z.string(), subject: z.string(), found: z.string() })),
});

/** What is not ok, by subject. */
async function look(environment: NodeJS.ProcessEnv, ...args: string[]) {
  const { code, out, err } = await run("prerequisites", ["home", "--json", ...args], environment);
  if (out === "") throw new Error(err);
  const { checks } = report.parse(JSON.parse(out));
  return { code, checks, wrong: checks.filter(({ verdict }) => verdict !== "ok") };
}

beforeAll(async () => {
  await installPlatform(api, "home");
});

it("finds this plane's definitions and versions, and what it has not: controllers, an engine, pods of Argo CD", async () => {
  const { code, checks, wrong } = await look({ KUBECONFIG: process.env["KUBECONFIG"] });
  expect(code).toBe(1);
  expect(checks).toContainEqual(
    expect.objectContaining({ subject: "HTTPRoute.gateway.networking.k8s.io", verdict: "ok" }),
  );
  expect(wrong.map(({ subject }) => subject)).toEqual(
    expect.arrayContaining([
      "Argo CD's argocd-application-controller",
      "Deployment cert-manager/cert-manager",
      "DaemonSet calico-system/calico-node",
    ]),
  );
  expect(checks.find(({ subject }) => subject.startsWith("you, "))?.verdict).toBe("ok");
});

it("can be asked with the rights of neurallog-status alone, which are not enough to apply the platform", async () => {
  const somebody = await reader(api, "prerequisites");
  const unbind = await bind(api, somebody, "neurallog-status");
  const { checks, wrong } = await look({}, "--kubeconfig", somebody.file);
  expect(checks.filter(({ verdict }) => verdict === "unknown")).toEqual([]);
  expect(wrong.find(({ subject }) => subject.startsWith("you, "))?.found).toMatch(/^lacks \d+ of/);
  await unbind();
  somebody.remove();
});
