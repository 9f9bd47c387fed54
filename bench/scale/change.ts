import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type Api, expectOk } from "../../tools/cluster/api/api.ts";
import { textAt } from "../../tools/cluster/api/object.ts";
import { listApplications, refresh, until } from "./applications.ts";
import { generated, push, type ScaleRepository } from "./repository.ts";

export interface Change {
  /** Generating one tenant among all, and committing and pushing it. */
  readonly pushSeconds: number;
  /** From the push until the live object has the new value. */
  readonly appliedSeconds: number;
  /** From the push until Argo CD calls the tenant Synced at that commit. */
  readonly syncedSeconds: number;
}

const TENANT = "t00007";
const NAMESPACE = `/api/v1/namespaces/tenant-${TENANT}`;

/** Changes a label of one tenant's namespaces in each round, and waits until the cluster has it. */
export async function changeOne(
  api: Api,
  repository: ScaleRepository,
  rounds: number,
): Promise<Change[]> {
  const record = join(repository.root, `tenants/${TENANT}.yaml`);
  const changes: Change[] = [];
  for (let round = 0; round < rounds; round++) {
    const label = `c${70_000 + round}`;
    const started = performance.now();
    writeFileSync(
      record,
      readFileSync(record, "utf8").replace(/cost-centre: .*/, `cost-centre: ${label}`),
    );
    generated(repository.root);
    const commit = push(repository, `Change ${TENANT}`);
    const pushed = performance.now();
    await refresh(api, TENANT);
    await until("the change is applied", 10, 50, async () => {
      const body = expectOk("get the namespace", await api.get(NAMESPACE));
      return textAt(body, "metadata", "labels", "labels.neurallog.dev/cost-centre") === label;
    });
    const applied = performance.now();
    await until("the tenant is Synced", 10, 100, async () => {
      const rows = await listApplications(api);
      const row = rows.find(({ name }) => name === `tenant-${TENANT}`);
      return row?.sync === "Synced" && row.revision === commit;
    });
    changes.push({
      pushSeconds: (pushed - started) / 1000,
      appliedSeconds: (applied - pushed) / 1000,
      syncedSeconds: (performance.now() - pushed) / 1000,
    });
  }
  return changes;
}
