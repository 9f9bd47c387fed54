import { setTimeout as sleep } from "node:timers/promises";

import { type Api, expectOk } from "../../tools/cluster/api/api.ts";
import { listAt, textAt } from "../../tools/cluster/api/object.ts";

export interface ApplicationRow {
  readonly name: string;
  readonly sync: string;
  readonly health: string;
  readonly revision: string;
}

const APPLICATIONS = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications";

/** As `kubectl get` shows them: a thousand whole Applications would be megabytes at each look. */
export async function listApplications(api: Api): Promise<ApplicationRow[]> {
  const answer = await api.request({
    method: "GET",
    path: `${APPLICATIONS}?resourceVersion=0&includeObject=None`,
    headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
  });
  const body = expectOk("list Applications", answer);
  const columns = listAt(body, "columnDefinitions").map((column) => textAt(column, "name"));
  const cell = (row: unknown, name: string): string =>
    textAt(row, "cells", columns.indexOf(name)) ?? "";
  return listAt(body, "rows").map((row) => ({
    name: cell(row, "Name"),
    sync: cell(row, "Sync Status"),
    health: cell(row, "Health Status"),
    revision: cell(row, "Revision"),
  }));
}

/** Has Argo CD look at Git now, as a webhook of the repository would. */
export async function refresh(api: Api, tenant: string): Promise<void> {
  const path = `${APPLICATIONS}/tenant-${tenant}`;
  const annotations = { "argocd.argoproj.io/refresh": "normal" };
  expectOk(`refresh ${tenant}`, await api.patch(path, { metadata: { annotations } }));
}

/** @throws when `isDone` is not true in so many minutes */
export async function until(
  what: string,
  minutes: number,
  everyMs: number,
  isDone: () => Promise<boolean>,
): Promise<void> {
  const end = performance.now() + minutes * 60_000;
  while (!(await isDone())) {
    if (performance.now() > end) throw new Error(`not within ${minutes} minutes: ${what}`);
    await sleep(everyMs);
  }
}
