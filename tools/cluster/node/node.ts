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
import type { LocalImage, LocalImages } from "./images.ts";
import { startEngine } from "./engine.ts";
import { startKubelet, startProxy } from "./kubelet.ts";
import { NODE, POLL_MS } from "./limits.ts";
import { relayApi, writePodNetwork } from "./network.ts";
import { type NodeUsers, writeNodeUsers } from "./users.ts";
import type { World } from "./world.ts";

/** One machine of a cluster: a container runtime, a kubelet, Services, and DNS as a pod. */
export class NodeOfTests {
  readonly #world: World;
  #parts: Part[] = [];
  #cluster: { api: Api; users: NodeUsers } | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** Starts containerd and imports the images: before the kubelet, as what it finds needs no pull secret. */
  async startRuntime(images: LocalImages, watch: Stopwatch): Promise<void> {
    const world = this.#world;
    writeSettings(world, { cni: writePodNetwork(world.folder), pause: images.pause });
    await watch.time("containerd", async () => this.#parts.push(await startContainerd(world)));
    await watch.time("images", async () => {
      for (const image of Object.values(images)) await importImage(world, image);
    });
  }

  /** Makes it a node of a cluster, and waits until it is Ready. */
  async join(api: Api, administrator: string, watch: Stopwatch): Promise<void> {
    await relayApi();
    this.#cluster = { api, users: writeNodeUsers(this.#world.folder, administrator) };
    await watch.time("kubelet", () => this.#startRest());
  }

  async startDns(image: LocalImage): Promise<void> {
    for (const manifest of dnsManifests(image)) await applied(this.#api, manifest);
    await this.#until("CoreDNS is not ready", () => this.#isDnsReady());
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

  get #api(): Api {
    if (this.#cluster === undefined) throw new Error("the node is in no cluster");
    return this.#cluster.api;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.stop()));
  }

  async #startRest(): Promise<void> {
    if (this.#cluster === undefined) throw new Error("the node is in no cluster");
    const { users } = this.#cluster;
    const started = await Promise.all([
      startKubelet(this.#world, users.kubelet),
      startProxy(this.#world, users.proxy),
    ]);
    this.#parts.push(...started, ...startEngine(this.#world, users.engine));
    await this.#until("the node is not Ready", async () => {
      const { body } = await this.#api.get(`/api/v1/nodes/${NODE}`);
      return isTrue(body, "Ready");
    });
  }

  async #isDnsReady(): Promise<boolean> {
    const metadata = { name: "coredns", namespace: "kube-system" };
    const { body } = await this.#api.get({ apiVersion: "apps/v1", kind: "Deployment", metadata });
    return isTrue(body, "Available");
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

function isTrue(object: unknown, condition: string): boolean {
  return listAt(object, "status", "conditions").some(
    (each) => textAt(each, "type") === condition && textAt(each, "status") === "True",
  );
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
