import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { file, type Entry } from "./entries.ts";

/** The user that the distroless images call `nonroot`. */
export const nonRoot = 65_532;

/** What glibc opens by name while it runs, which `ldd` cannot know: names are looked up with it before 2.34. */
const openedLater = ["libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"];

/**
 * What stands below the application: Node, the libraries that it is linked to, and the few files that a C library
 * looks for. No shell, no package manager. Certificates are not among it: Node has its own roots.
 * @param node The pinned Node's binary.
 */
export function base(node: string): Entry[] {
  return [
    file("nodejs/bin/node", readFileSync(node), 0o755),
    ...librariesOf(node).map((path) => file(path.slice(1), readFileSync(path), 0o755)),
    file("etc/passwd", passwd),
    file("etc/group", `root:x:0:\nnonroot:x:${nonRoot}:\n`),
    file("etc/nsswitch.conf", "hosts: files dns\n"),
    { type: "directory", path: "home/nonroot", mode: 0o700, owner: nonRoot },
    { type: "directory", path: "tmp", mode: 0o1777 },
  ];
}

const passwd = `root:x:0:0:root:/:/sbin/nologin
nonroot:x:${nonRoot}:${nonRoot}:nonroot:/home/nonroot:/sbin/nologin
`;

/** Absolute paths of the shared libraries, the loader among them. */
export function librariesOf(binary: string): string[] {
  const told = execFileSync("ldd", [binary], { encoding: "utf8" });
  const linked = [...told.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm)].map(([, path = ""]) => path);
  const missing = /^\s*(\S+) => not found/m.exec(told);
  if (missing !== null || linked.length === 0) {
    throw new Error(
      `${binary} lacks ${missing?.[1] ?? "every library"}: a Linux with glibc is needed`,
    );
  }
  const folders = new Set(linked.map((path) => dirname(path)));
  const later = [...folders].flatMap((folder) => openedLater.map((name) => join(folder, name)));
  return [...new Set([...linked, ...later.filter((path) => existsSync(path))])].sort();
}
