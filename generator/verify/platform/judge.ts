import type { Manifest } from "../../manifests/manifest.ts";
import type { ClusterContext } from "../../plan/context.ts";
import type { Report } from "../finding.ts";
import { reportAdmission } from "./admission.ts";
import { reportArgocd } from "./argocd.ts";
import { reportClasses } from "./classes.ts";
import { reportEntrance } from "./entrance.ts";
import { reportNamespaces } from "./namespaces.ts";
import { reportNetwork } from "./network.ts";
import { reportPrerequisites } from "./prerequisites.ts";
import { reportRoles } from "./roles.ts";

/** Reports everything in which a cluster's platform, as rendered, is not what its record says and its tenants rest on. */
export function judgePlatform(
  root: string,
  { record, plan }: Pick<ClusterContext, "record" | "plan">,
  objects: readonly Manifest[],
  report: Report,
): void {
  reportNamespaces(objects, report);
  reportArgocd(record, objects, report);
  reportAdmission(record, objects, report);
  reportClasses(record, objects, report);
  reportEntrance(record, objects, report);
  reportRoles(objects, report);
  reportNetwork(plan, objects, report);
  reportPrerequisites(root, record, objects, report);
}
