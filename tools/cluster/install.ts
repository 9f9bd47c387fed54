import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { type Api, expectOk } from "./api/api.ts";
import { isManifest, listAt, type Manifest, textAt, titleOf } from "./api/object.ts";
import { ApiError } from "./errors.ts";
import { ASK_MS, READY_MS } from "./limits.ts";

const MANAGER = "neurallog-cluster";

export function readManifests(file: string): Manifest[] {
  const found: unknown = JSON.parse(readFileSync(file, "utf8"));
  return listAt({ found }, "found").filter((each) => isManifest(each));
}

/** Installs definitions of custom resources and waits until each is served. */
export async function installDefinitions(api: Api, definitions: Manifest[]): Promise<void> {
  await Promise.all(definitions.map((definition) => applied(api, definition)));
  await Promise.all(definitions.map((definition) => established(api, definition)));
  api.forgetKinds();
}

export async function applied(
  api: Api,
  manifest: Manifest,
  fieldManager: string = MANAGER,
): Promise<void> {
  expectOk(`apply ${titleOf(manifest)}`, await api.apply(manifest, { fieldManager }));
}

async function established(api: Api, definition: Manifest): Promise<void> {
  const until = Date.now() + READY_MS;
  for (;;) {
    const { body } = await api.get(definition);
    const conditions = listAt(body, "status", "conditions");
    const served = conditions.some(
      (each) => textAt(each, "type") === "Established" && textAt(each, "status") === "True",
    );
    if (served) return;
    if (Date.now() > until) throw new ApiError(titleOf(definition), 0, "is not established");
    await sleep(ASK_MS);
  }
}
