import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

import { say } from "./say.ts";

/** The parts of the machine that the finders look at; tests bring their own. */
export interface Machine {
  /** Folders to look for programs in, as in PATH. */
  path: string;
  /** Where what was fetched or built is kept between runs. */
  cache: string;
  say: (message: string) => void;
}

export function thisMachine(): Machine {
  return { path: process.env["PATH"] ?? "", cache: cacheFolder(), say };
}

/** The user's cache folder for NeuralLog. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env["XDG_CACHE_HOME"];
  // The XDG specification has relative paths ignored.
  return join(base?.startsWith("/") ? base : join(homedir(), ".cache"), "neurallog");
}

/** Every file of this name on PATH that can be run, in PATH's order. */
export function onPath(name: string, path: string): string[] {
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .filter(isProgram);
}

export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
