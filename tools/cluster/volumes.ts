import { type Api } from "./api/api.ts";
import { at, type Body, listAt, textAt } from "./api/object.ts";

const CLAIMS = "/api/v1/persistentvolumeclaims";

/**
 * Gives every claim that waits for a volume one, as a storage provider would: fake nodes have none.
 * It keeps the class' reclaim policy, so that a retained volume is seen to stay.
 * @returns stops it
 */
export function provideVolumes(api: Api, tell: (message: string) => void): () => void {
  const stop = new AbortController();
  void provide(api, stop.signal, tell);
  return () => stop.abort();
}

async function provide(
  api: Api,
  signal: AbortSignal,
  tell: (message: string) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { body } = await api.get(CLAIMS);
      for (const claim of listAt(body, "items")) await provideOne(api, claim);
      const since = textAt(body, "metadata", "resourceVersion") ?? "";
      const events = api.watch(`${CLAIMS}?watch=true&resourceVersion=${since}`, signal);
      for await (const { type, object } of events) {
        if (type === "ERROR") break;
        if (type === "ADDED" || type === "MODIFIED") await provideOne(api, object);
      }
    } catch (error) {
      if (!signal.aborted) tell(`volumes: ${error instanceof Error ? error.message : error}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

async function provideOne(api: Api, claim: unknown): Promise<void> {
  const uid = textAt(claim, "metadata", "uid");
  const storageClassName = textAt(claim, "spec", "storageClassName");
  if (uid === undefined || storageClassName === undefined) return;
  if (at(claim, "spec", "volumeName") !== undefined) return;
  await api.apply({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `pvc-${uid}` },
    spec: {
      storageClassName,
      persistentVolumeReclaimPolicy: await reclaimPolicy(api, storageClassName),
      accessModes: at(claim, "spec", "accessModes"),
      capacity: at(claim, "spec", "resources", "requests"),
      claimRef: {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        uid,
        name: textAt(claim, "metadata", "name"),
        namespace: textAt(claim, "metadata", "namespace"),
      },
      hostPath: { path: "/nonexistent" },
    },
  });
}

async function reclaimPolicy(api: Api, name: string): Promise<string> {
  const answer = await api.get(`/apis/storage.k8s.io/v1/storageclasses/${name}`);
  const found: Body | undefined = answer.status === 200 ? answer.body : undefined;
  return textAt(found, "reclaimPolicy") ?? "Retain";
}
