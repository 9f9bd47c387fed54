import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { expectOk } from "../../tools/cluster/api/api.ts";
import { textAt } from "../../tools/cluster/api/object.ts";
import { ask } from "../../tools/cluster/node/control.ts";
import { application } from "./support/application.ts";
import { containersOf, processesOf } from "./support/containers.ts";
import { api, developer, engineer } from "./support/here.ts";
import { compare, readNotes } from "./support/notes.ts";
import {
  allReady,
  applyAll,
  namespaces,
  podsOf,
  type PodSeen,
  tenantUp,
} from "./support/tenant.ts";
import { until } from "./support/until.ts";

const claim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "notes", namespace: namespaces.organization },
  spec: {
    storageClassName: "local-retain",
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "1Gi" } },
  },
};

const rows: string[] = [];

beforeAll(async () => {
  await tenantUp();
  await applyAll(developer, [
    claim,
    ...application({
      name: "writer",
      script: "writer.ts",
      keys: { writer: "checkout" },
      notes: "notes",
      forever: true,
      env: { NEURALLOG_URL: `http://log-service.${namespaces.root}.svc:8080` },
    }),
  ]);
  await batchesMore(20);
});

afterAll(() => {
  console.log(
    [
      "fault | acknowledged in it | calls made again | longest wait for an acknowledgement | lost | twice",
      ...rows,
    ].join("\n"),
  );
});

/** Waits until the writer was acknowledged so many batches more, all sent after now. */
async function batchesMore(wanted: number): Promise<void> {
  const before = readNotes().batches;
  await until("the writer gets on", () =>
    readNotes().batches >= before + wanted ? true : undefined,
  );
}

const sum = (counts: ReadonlyMap<string, number>) =>
  [...counts.values()].reduce((total, count) => total + count, 0);

/** What a fault may do: have clients ask again. */
const kept = { lost: [], twice: [], givenUp: 0 };

/** Does it to a tenant under load, and holds what was acknowledged until then against what is stored. */
async function underLoad(fault: string, happen: () => Promise<void>) {
  const since = Date.now();
  const before = readNotes();
  await happen();
  await allReady();
  await batchesMore(40);
  const after = readNotes(since);
  const { lost, twice } = await compare(after.acknowledged);
  const acknowledged = after.acknowledged.size - before.acknowledged.size;
  const again = sum(after.again) - sum(before.again);
  rows.push(
    [fault, acknowledged, again, `${after.longestMs} ms`, lost.length, twice.length].join(" | "),
  );
  return { lost, twice, givenUp: after.givenUp };
}

const uids = (pods: readonly PodSeen[]) => pods.map(({ uid }) => uid);

async function remove(pod: PodSeen, options: object = {}): Promise<void> {
  const { namespace, name } = pod;
  const target = { apiVersion: "v1", kind: "Pod", metadata: { namespace, name } };
  expectOk(
    `delete ${name}`,
    await engineer.delete(target, { preconditions: { uid: pod.uid }, ...options }),
  );
}

/** Until these very pods are no more. */
async function gone(pods: readonly PodSeen[]): Promise<void> {
  await until("the old pods are gone", async () => {
    const now = uids(await Promise.all(pods.map(current)).then((found) => found.flat()));
    return uids(pods).some((uid) => now.includes(uid)) ? undefined : true;
  });
}

async function current({ namespace, name }: PodSeen): Promise<PodSeen[]> {
  const { status, body } = await api.get({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name },
  });
  const uid = textAt(body, "metadata", "uid");
  return status === 200 && uid !== undefined ? [{ namespace, name, uid, pod: body }] : [];
}

describe("under load, nothing acknowledged is lost and nothing is stored twice", () => {
  test("when the log service's pods are deleted", async () => {
    const after = await underLoad("log service pods deleted", async () => {
      const old = await podsOf(namespaces.root, "log-service");
      expect(old.length).toBeGreaterThan(0);
      for (const pod of old) await remove(pod);
      await gone(old);
    });
    expect(after).toEqual(kept);
  });

  test("in a rolling update", async () => {
    const after = await underLoad("rolling update", async () => {
      const old = await podsOf(namespaces.root, "log-service");
      const deployment = {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { namespace: namespaces.root, name: "log-service" },
      };
      const annotations = { "neurallog.dev/rolled": "once" };
      const patch = { spec: { template: { metadata: { annotations } } } };
      expectOk("roll", await engineer.patch(deployment, patch));
      await gone(old);
    });
    expect(after).toEqual(kept);
  });

  test("when the log service is killed in the middle of its work", async () => {
    const after = await underLoad("log service killed (-9)", async () => {
      for (const pod of await podsOf(namespaces.root, "log-service")) killAll(pod);
    });
    expect(after).toEqual(kept);
  });

  test("when the Redis pod is killed, whose volume another pod takes over", async () => {
    const after = await underLoad("Redis pod killed (-9), volume kept", async () => {
      const old = await podsOf(namespaces.root, "redis");
      expect(old).toHaveLength(1);
      for (const pod of old) {
        killAll(pod);
        await remove(pod, { gracePeriodSeconds: 0 });
      }
      await gone(old);
    });
    expect(after).toEqual(kept);
  });

  test("when the node loses all its processes at once, containerd and kubelet among them", async () => {
    const after = await underLoad("node's processes killed (-9)", async () => {
      const old = await podsOf(namespaces.root);
      const killed = old.flatMap((pod) => containersOf(pod)).map(({ id }) => id);
      await ask("restart");
      await until("every container is a new one", async () => {
        const now = (await podsOf(namespaces.root)).flatMap((pod) => containersOf(pod));
        const isNew = now.length === killed.length && now.every(({ id }) => !killed.includes(id));
        return isNew ? true : undefined;
      });
    });
    expect(after).toEqual(kept);
  });
});

/** Every process of a pod but the one that holds its network. */
function killAll(pod: PodSeen): void {
  for (const { id } of containersOf(pod)) {
    for (const pid of processesOf(id)) process.kill(pid, "SIGKILL");
  }
}
