import { readFileSync } from "node:fs";
import { join } from "node:path";
import { base, nonRoot } from "./base.ts";
import { contentOf, home } from "./content.ts";
import { layer, type Layer } from "./layer.ts";
import { image, type Image } from "./oci.ts";

export interface Assembled extends Image {
  readonly name: string;
  readonly layers: readonly Layer[];
}

const workspace = "apps/log-service";

function architecture(): "amd64" | "arm64" {
  if (process.platform === "linux" && process.arch === "x64") return "amd64";
  if (process.platform === "linux" && process.arch === "arm64") return "arm64";
  throw new Error(
    `the image holds this machine's Node, and ${process.platform}-${process.arch} is no platform of it; use the Dockerfile`,
  );
}

/**
 * The log service's image from what is installed here: three layers, so that a change of our sources moves
 * kilobytes. The same sources, packages and machine libraries give the same bytes.
 */
export async function assemble(root: string): Promise<Assembled> {
  const { version }: { version: string } = JSON.parse(
    readFileSync(join(root, workspace, "package.json"), "utf8"),
  );
  const name = `ghcr.io/neurallog/log-service:${version}`;
  const content = contentOf(root, workspace);
  const layers = [
    await layer(
      `Node ${process.versions.node} and the libraries that it is linked to`,
      base(process.execPath),
    ),
    await layer("production dependencies", content.dependencies),
    await layer("log service", content.application),
  ];
  const built = await image(
    {
      name,
      architecture: architecture(),
      config: {
        User: `${nonRoot}:${nonRoot}`,
        ExposedPorts: { "8080/tcp": {}, "9464/tcp": {} },
        Env: ["PATH=/nodejs/bin", "NODE_ENV=production", "HOME=/home/nonroot"],
        Entrypoint: ["/nodejs/bin/node", `${workspace}/src/main.ts`],
        Cmd: ["serve"],
        WorkingDir: `/${home}`,
        // No commit: the digest is written into this repository, which would change the commit.
        Labels: {
          "org.opencontainers.image.title": "NeuralLog log service",
          "org.opencontainers.image.version": version,
          "org.opencontainers.image.licenses": "Apache-2.0",
        },
        StopSignal: "SIGTERM",
      },
    },
    layers,
  );
  return { ...built, name, layers };
}
