import { Api } from "../../../tools/cluster/api/api.ts";
import { readKubeconfig } from "../../../tools/cluster/api/kubeconfig.ts";

export { Api, expectOk } from "../../../tools/cluster/api/api.ts";
export {
  at,
  type Body,
  listAt,
  type Manifest,
  type Ref,
  textAt,
  titleOf,
} from "../../../tools/cluster/api/object.ts";
export type { Answer } from "../../../tools/cluster/api/transport.ts";

/** The suite's control plane, as its administrator. */
export function connect(): Api {
  const file = process.env["KUBECONFIG"];
  if (file === undefined) throw new Error("KUBECONFIG is not set: run npm run test:cluster");
  return new Api(readKubeconfig(file));
}

/** Argo CD, as admission and RBAC see it. */
export function asArgo(api: Api): Api {
  return api.asServiceAccount("argocd", "argocd-application-controller");
}

/** One of the platform's people: what admission allows them, it allows by their group. */
export function asPlatform(api: Api): Api {
  const groups = ["neurallog-platform", "system:masters", "system:authenticated"];
  return api.as({ user: "test-platform", groups });
}

/** Somebody of these groups of the identity provider, and of no others. */
export function asMember(api: Api, ...groups: string[]): Api {
  return api.as({ user: "somebody@example.com", groups: [...groups, "system:authenticated"] });
}

/** The server's own words for a refusal; empty for a success. */
export function refusalOf({ status, body }: { status: number; body: object }): string {
  if (status < 300) return "";
  const message: unknown = Reflect.get(body, "message");
  return typeof message === "string" ? message : JSON.stringify(body);
}
