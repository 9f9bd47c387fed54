import { existsSync, mkdirSync } from "node:fs";

import { runProgram } from "../../process.ts";
import { ToolError } from "../../say.ts";

/** What the parts of a node write to though told of folders of their own. */
const COVERED = [
  "/run",
  "/var/log",
  "/var/lib/cni",
  "/var/lib/kubelet",
  "/var/lib/containerd",
] as const;

/** Makes those that are missing, to mount over. @returns the ones made */
export function makeMountPoints(): string[] {
  return COVERED.filter((folder) => mkdirSync(folder, { recursive: true }) !== undefined);
}

/** Covers the machine's own folders with empty ones: inside the enclosure, where nobody else sees it. */
export async function coverFolders(): Promise<void> {
  for (const folder of COVERED) await mount(["-t", "tmpfs", "tmpfs", folder]);
}

/** Whether a container's layers can be laid over each other here: on some file systems they can't. */
export async function canOverlay(folder: string): Promise<boolean> {
  const [lower, upper, work, merged] = ["l", "u", "w", "m"].map((name) => `${folder}/try-${name}`);
  for (const each of [lower, upper, work, merged]) mkdirSync(each ?? "", { recursive: true });
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  const args = ["-t", "overlay", "overlay", "-o", options, merged ?? ""];
  const { code } = await runProgram("mount", args);
  if (code === 0) await runProgram("umount", [merged ?? ""]);
  return code === 0 && existsSync(folder);
}

async function mount(args: string[]): Promise<void> {
  const { code, stderr } = await runProgram("mount", args);
  if (code !== 0) throw new ToolError(`mount ${args.join(" ")}: ${stderr.trim()}`);
}
