import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { type Api } from "../api/api.ts";
import { listAt, textAt } from "../api/object.ts";
import { applied } from "../install.ts";
import { READY_MS } from "../limits.ts";
import type { Part } from "../part.ts";
import type { Stopwatch } from "../stopwatch.ts";
import { ToolError } from "../../say.ts";
import { importImage, startContainerd, writeSettings } from "./containerd.ts";
import { dnsManifests } from "./dns.ts";
import type { LocalImages } from "./images.ts";
import { startEngine } from "./engine.ts";
import { startKubelet, startProxy } from "./kubelet.ts";
import { NODE, POLL_MS } from "./limits.ts";
import { relayApi, writePodNetwork } from "./network.ts";
import type { World } from "./world.ts";

/** One machine of a cluster: a container runtime, a kubelet, Services, and DNS as a pod. */
export class NodeOfTests {
  readonly #world: World;
  readonly #api: Api;
  #parts: Part[] = [];

  constructor(world: World, api: Api) {
    this.#world = world;
    this.#api = api;
  }

  async start(images: LocalImages, watch: Stopwatch): Promise<void> {
    const world = this.#world;
    await relayApi();
    writeSettings(world, { cni: writePodNetwork(world.folder), pause: images.pause });
    await watch.time("containerd", async () => this.#parts.push(await startContainerd(world)));
    // Before the kubelet: what is there when it starts needs no pull secret.
    await watch.time("images", async () => {
      for (const image of Object.values(images)) await importImage(world, image);
    });
    await watch.time("kubelet", () => this.#startRest());
    await watch.time("DNS", async () => {
      for (const manifest of dnsManifests(images.coredns)) await applied(this.#api, manifest);
      await this.#dnsReady();
    });
  }

  /**
   * What a power cut does to a machine, short of its disk: containerd, kubelet, every container and
   * what watches it are killed at once, and the first two start again.
   */
  async restart(): Promise<void> {
    for (const part of this.#parts) part.kill();
    for (const pid of this.#processesOfPods()) kill(pid);
    await Promise.all(this.#parts.map((part) => part.stop()));
    this.#parts = [await startContainerd(this.#world)];
    await this.#startRest();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.stop()));
  }

  async #startRest(): Promise<void> {
    const started = await Promise.all([startKubelet(this.#world), startProxy(this.#world)]);
    this.#parts.push(...started, ...startEngine(this.#world));
    await this.#until("the node is not Ready", async () => {
      const { body } = await this.#api.get(`/api/v1/nodes/${NODE}`);
      return listAt(body, "status", "conditions").some(
        (each) => textAt(each, "type") === "Ready" && textAt(each, "status") === "True",
      );
    });
  }

  #dnsReady(): Promise<void> {
    return this.#until("CoreDNS is not ready", async () => {
      const { body } = await this.#api.get({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "coredns", namespace: "kube-system" },
      });
      return listAt(body, "status", "conditions").some(
        (each) => textAt(each, "type") === "Available" && textAt(each, "status") === "True",
      );
    });
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const until = Date.now() + READY_MS;
    while (!(await isSo())) {
      if (Date.now() > until) throw new ToolError(`${what} after ${READY_MS} ms`);
      await sleep(POLL_MS);
    }
  }

  /** Containers' processes and the shims that hold them: all of the enclosure that containerd ever started. */
  #processesOfPods(): number[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        const groups = read(join("/proc", pid, "cgroup"));
        const command = read(join("/proc", pid, "cmdline"));
        return groups.includes(`/${this.#world.cgroup}/`) || command.includes("containerd-shim");
      })
      .map(Number);
  }
}

/** Empty for a process that ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended with another one.
  }
}
