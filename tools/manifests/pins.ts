import { readFileSync } from "node:fs";

export type ManifestTool = "kustomize" | "kubeconform";

interface Pin {
  /** The module in tools/go.mod that the version is read from. */
  module: string;
  /** Arguments that print the version. */
  versionArgs: string[];
  /** Where the project publishes its archives, without the release host. */
  archive: (version: string, platform: string) => string;
  /** SHA-256 of the archive of the pinned version by platform: change them with the version. */
  sums: Record<string, string>;
}

export const goMod = new URL("../go.mod", import.meta.url);
export const goSum = new URL("../go.sum", import.meta.url);

export const pins: Record<ManifestTool, Pin> = {
  kustomize: {
    module: "sigs.k8s.io/kustomize/kustomize/v5",
    versionArgs: ["version"],
    archive: (version, platform) =>
      `kubernetes-sigs/kustomize/releases/download/kustomize%2F${version}/` +
      `kustomize_${version}_${platform.replace("-", "_")}.tar.gz`,
    sums: {
      "linux-amd64": "029a7f0f4e1932c52a0476cf02a0fd855c0bb85694b82c338fc648dcb53a819d",
      "linux-arm64": "0953ea3e476f66d6ddfcd911d750f5167b9365aa9491b2326398e289fef2c142",
      "darwin-amd64": "ee7cf0c1e3592aa7bb66ba82b359933a95e7f2e0b36e5f53ed0a4535b017f2f8",
      "darwin-arm64": "8886f8a78474e608cc81234f729fda188a9767da23e28925802f00ece2bab288",
    },
  },
  kubeconform: {
    module: "github.com/yannh/kubeconform",
    versionArgs: ["-v"],
    archive: (version, platform) =>
      `yannh/kubeconform/releases/download/${version}/kubeconform-${platform}.tar.gz`,
    sums: {
      "linux-amd64": "9bc2bffbf71f261128533edaf912153948b7ff238f9a531ae6d34466ec287883",
      "linux-arm64": "1f53fc8e81258197a35e8603054162a5af1de8c5af13746c71ab680d9534ed87",
      "darwin-amd64": "71dbc87ac9f24099a62b93570e65aa06312ba6ac8aea63b7f86e9d999edf5a92",
      "darwin-arm64": "f84f4dfbebf4a6b0b230385fa065a39ea35e02608c2b50d025dcf64775a69d67",
    },
  },
};

/** The pinned version with its v, such as v5.8.1, from tools/go.mod: it stands there alone. */
export function pinnedVersion(tool: ManifestTool): string {
  const module = pins[tool].module.replaceAll(".", "\\.");
  const version = new RegExp(`^\\s*(?:require )?${module} (v\\S+)`, "m").exec(
    readFileSync(goMod, "utf8"),
  )?.[1];
  if (version === undefined) throw new Error(`tools/go.mod does not pin ${pins[tool].module}`);
  return version;
}

/** This machine in the words of Go and of the release archives. */
export function goPlatform(): string {
  return `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
}
