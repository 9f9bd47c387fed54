import { wishOf, type Asker, type Wish } from "../kubernetes/asker.ts";
import type { Kind } from "../kubernetes/kinds.ts";
import { attempt, check, type Check } from "./check.ts";

const kind = (group: string, version: string, plural: string): Kind => ({ group, version, plural });

/** What `kubectl apply --server-side -k overlays/<cluster>/platform` writes, kind by kind. */
const WRITTEN: readonly { kind: Kind; namespace?: string }[] = [
  { kind: kind("", "v1", "namespaces") },
  { kind: kind("", "v1", "configmaps"), namespace: "neurallog-system" },
  { kind: kind("", "v1", "resourcequotas"), namespace: "neurallog-ingress" },
  { kind: kind("networking.k8s.io", "v1", "networkpolicies"), namespace: "neurallog-ingress" },
  { kind: kind("scheduling.k8s.io", "v1", "priorityclasses") },
  { kind: kind("rbac.authorization.k8s.io", "v1", "clusterroles") },
  { kind: kind("rbac.authorization.k8s.io", "v1", "clusterrolebindings") },
  { kind: kind("admissionregistration.k8s.io", "v1", "validatingadmissionpolicies") },
  { kind: kind("admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings") },
  { kind: kind("argoproj.io", "v1alpha1", "appprojects"), namespace: "argocd" },
  { kind: kind("argoproj.io", "v1alpha1", "applicationsets"), namespace: "argocd" },
];

/** Whoever makes a role with rights that he lacks himself needs this besides. */
const ROLES = kind("rbac.authorization.k8s.io", "v1", "clusterroles");

/** Who asks, and whether the bootstrap would be allowed to him. */
export async function checkRights(asker: Asker): Promise<Check[]> {
  return attempt("your rights", "to apply the platform", async () => {
    const { user, groups } = await asker.whoAmI();
    const wishes: Wish[] = [
      ...WRITTEN.flatMap((each) => ["create", "patch"].map((verb) => ({ verb, ...each }))),
      { verb: "escalate", kind: ROLES },
      { verb: "bind", kind: ROLES },
    ];
    const answers = await Promise.all(wishes.map((wish) => asker.mayI(wish)));
    const refused = wishes.filter((_, index) => answers[index] !== true).map(wishOf);
    const subject = `you, ${user || "nobody"} (${groups.join(", ") || "in no group"})`;
    const found =
      refused.length === 0
        ? "may do all of it"
        : `lacks ${refused.length} of ${wishes.length} rights`;
    const todo = `bootstrap as an administrator of the cluster; looking needs neurallog-status alone. You may not ${refused.join(", ")}`;
    return [check(refused.length === 0, subject, "may apply the platform", found, todo)];
  });
}
