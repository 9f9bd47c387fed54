import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { runProgram } from "../../process.ts";
import { ToolError } from "../../say.ts";
import { Part } from "../part.ts";
import { reference, type LocalImage } from "./images.ts";
import type { World } from "./world.ts";

export function socketOf(world: World): string {
  return join(world.folder, "containerd.sock");
}

/** Writes containerd's settings: every folder below `folder`, nothing of the machine's own. */
export function writeSettings(world: World, settings: { cni: string; pause: LocalImage }): void {
  const { folder, runtime, overlay } = world;
  mkdirSync(join(folder, "containerd"), { recursive: true });
  // `restrict_oom_score_adj`: where CAP_SYS_RESOURCE is withheld, as in many sandboxes, runc may not go
  // below what containerd itself has, and would die of it.
  const text = `version = 2
root = "${folder}/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "${socketOf(world)}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${settings.pause.name}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  enable_selinux = false
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${runtime.plugins}"
    conf_dir = "${settings.cni}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "${overlay ? "overlayfs" : "native"}"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
  writeFileSync(join(folder, "containerd.toml"), text);
}

export async function startContainerd(world: World): Promise<Part> {
  const part = new Part({
    name: "containerd",
    program: "containerd",
    args: ["--config", join(world.folder, "containerd.toml")],
    logs: world.logs,
  });
  await part.ready(async () => (await ctr(world, ["version"])).code === 0);
  return part;
}

/** Imports an image and gives it the name by digest that pods ask for. */
export async function importImage(world: World, image: LocalImage): Promise<void> {
  const [repository = ""] = image.name.split(/:(?=[^/]*$)/);
  const byDigest = `${repository}@${image.digest}`;
  const snapshotter = ["--snapshotter", world.overlay ? "overlayfs" : "native"];
  await must(world, ["images", "import", ...snapshotter, image.archive], reference(image));
  await must(world, ["images", "tag", "--force", image.name, byDigest], reference(image));
}

async function must(world: World, args: string[], what: string): Promise<void> {
  const { code, stdout, stderr } = await ctr(world, args);
  if (code !== 0) throw new ToolError(`${what} could not be imported: ${stderr || stdout}`);
}

function ctr(world: World, args: string[]): ReturnType<typeof runProgram> {
  return runProgram("ctr", ["--address", socketOf(world), "--namespace", "k8s.io", ...args]);
}
