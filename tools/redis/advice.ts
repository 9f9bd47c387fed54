import { onPath, type Machine } from "../machine.ts";

const lines: [manager: string, line: string][] = [
  ["brew", "brew install redis"],
  ["apt-get", "sudo apt-get install redis-server && sudo systemctl disable --now redis-server"],
  ["dnf", "sudo dnf install valkey"],
  ["apk", "sudo apk add valkey"],
  ["pacman", "sudo pacman -S valkey"],
  ["zypper", "sudo zypper install redis"],
];

/** What to type on this system to get a Redis server; the service that it may bring is not needed. */
export function installAdvice(machine: Machine): string {
  const here = lines.find(([manager]) => onPath(manager, machine.path).length > 0);
  if (here) return `Install one, then try again: ${here[1]}`;
  return `Install one, then try again, for example: ${lines.map(([, line]) => line).join(" | ")}`;
}
