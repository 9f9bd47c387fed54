import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { connect, textAt } from "../support/api.ts";
import { clearTenants, synced } from "../support/argo.ts";
import { clusters, tenantsOf } from "../support/overlays.ts";
import { installPlatform } from "../support/platform.ts";
import { liveRepository } from "../support/repository.ts";

const api = connect();
const repository = liveRepository();

beforeAll(() => {
  repository.generate();
  repository.push("Every tenant");
});

afterAll(async () => {
  await clearTenants(api);
  repository[Symbol.dispose]();
});

describe.each(clusters())("on the cluster %s", (cluster) => {
  beforeAll(async () => {
    await clearTenants(api);
    await installPlatform(api, cluster, { repository: repository.url });
  });

  // A default that the server writes into an atomic list would be drift that no healing ends.
  it.each(tenantsOf(cluster))(
    "Argo CD finds no difference in %s once it is applied",
    async (tenant) => {
      const application = await synced(api, tenant, repository.git("rev-parse", "HEAD"));
      expect(textAt(application, "status", "operationState", "phase")).toBe("Succeeded");
    },
  );
});
