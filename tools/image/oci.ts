import { file, type Entry } from "./entries.ts";
import { blob, tar, type Blob, type Layer } from "./layer.ts";

export interface ImageSettings {
  /** Full name with a tag: `ghcr.io/neurallog/log-service:0.1.0`. */
  readonly name: string;
  readonly architecture: "amd64" | "arm64";
  readonly config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Cmd: readonly string[];
    readonly WorkingDir: string;
    readonly ExposedPorts: Readonly<Record<string, object>>;
    readonly Labels: Readonly<Record<string, string>>;
    readonly StopSignal: string;
  };
}

export interface Image {
  /** The manifest's digest: what `image@sha256:...` names. */
  readonly digest: string;
  /** An OCI layout as one tar. */
  readonly archive: Buffer;
}

// JavaScript keeps the order that keys are written in, so these texts are always the same.
const json = (value: unknown) => blob(JSON.stringify(value));
const type = (name: string) => `application/vnd.oci.image.${name}`;
const epoch = new Date(0).toISOString();

function describe(mediaType: string, { digest, content }: Blob) {
  return { mediaType, digest, size: content.length };
}

/** Puts layers and their description into an OCI layout. */
export async function image(settings: ImageSettings, layers: readonly Layer[]): Promise<Image> {
  const config = json({
    created: epoch,
    architecture: settings.architecture,
    os: "linux",
    config: settings.config,
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ title }) => ({ created: epoch, created_by: title })),
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: type("manifest.v1+json"),
    config: describe(type("config.v1+json"), config),
    layers: layers.map((layer) => describe(type("layer.v1.tar+gzip"), layer)),
  });
  const tag = settings.name.slice(settings.name.lastIndexOf(":") + 1);
  const index = json({
    schemaVersion: 2,
    mediaType: type("index.v1+json"),
    manifests: [
      {
        ...describe(type("manifest.v1+json"), manifest),
        platform: { architecture: settings.architecture, os: "linux" },
        // containerd imports by the first, skopeo and docker by the second.
        annotations: {
          "io.containerd.image.name": settings.name,
          "org.opencontainers.image.ref.name": tag,
        },
      },
    ],
  });
  const blobs = [config, manifest, ...layers].map(({ digest, content }): Entry =>
    file(`blobs/${digest.replace(":", "/")}`, content),
  );
  const archive = await tar([
    ...blobs,
    file("index.json", index.content),
    file("oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" })),
  ]);
  return { digest: manifest.digest, archive };
}
