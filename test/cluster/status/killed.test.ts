import { expect, it } from "vitest";

import { start } from "../../operate/support/run.ts";
import { Api, connect, expectOk } from "../support/api.ts";
import { clearTenants } from "../support/argo.ts";
import { readKubeconfig } from "../../../tools/cluster/api/kubeconfig.ts";
import { installPlatform } from "../support/platform.ts";
import { hasOwnServer, secondServer } from "./second-server.ts";

const api = connect();
/** Somebody of the platform's people: nobody else makes or deletes a tenant's namespace by hand. */
const person = api.as({
  user: "status-test",
  groups: ["neurallog-platform", "system:masters", "system:authenticated"],
});
const BORN = "tenant-status-killed";

async function isReady(kubeconfig: string): Promise<boolean> {
  const asked = new Api(readKubeconfig(kubeconfig));
  try {
    return (await asked.request({ method: "GET", path: "/readyz" })).status === 200;
  } finally {
    asked.close();
  }
}

const namespace = (name: string) => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name,
    labels: {
      "neurallog.dev/tenant": name.replace("tenant-", ""),
      "neurallog.dev/role": "root",
      "neurallog.dev/state": "active",
      ...Object.fromEntries(
        ["enforce", "audit", "warn"].flatMap((mode) => [
          [`pod-security.kubernetes.io/${mode}`, "restricted"],
          [`pod-security.kubernetes.io/${mode}-version`, "latest"],
        ]),
      ),
    },
  },
});

it.runIf(hasOwnServer)(
  "--watch goes on over an API server that is killed, says what it did not know, and finds what came meanwhile",
  async () => {
    await clearTenants(api);
    await installPlatform(api, "home");
    const server = await secondServer(isReady);
    const options = ["--watch", "--root", "/nowhere", "--kubeconfig", server.kubeconfig];
    const watch = start("status", options);
    try {
      // An empty cluster has its own trouble: with the ApplicationSet not there, a line is there at once.
      await expect.poll(() => watch.out()).toContain("no-application-set");
      await server.kill();
      await expect.poll(() => watch.out()).toContain("not known any more: namespaces and states");
      expectOk("make", await person.apply(namespace(BORN)));
      await server.start();
      await expect.poll(() => watch.out()).toContain("known again: namespaces and states");
      await expect.poll(() => watch.out()).toContain("status-killed: ");
    } finally {
      watch.stop("SIGINT");
      await watch.ended;
      await server.remove();
      await clearTenants(api);
    }
  },
);
