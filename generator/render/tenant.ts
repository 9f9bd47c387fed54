import type { NamespacePlan, Plan } from "../plan/plan.ts";
import { basePath, kustomizationView, namespaceView, type Parts, quotaView } from "./namespace.ts";
import {
  closedParts,
  mcpParts,
  mcpView,
  organizationParts,
  organizationView,
} from "./organization.ts";
import { rootParts, rootView } from "./root.ts";
import { ruleFolder, ruleView } from "./rules.ts";
import { furtherSecrets } from "./secrets.ts";
import { loadTemplates, type Templates, type View } from "./templates.ts";

/** Folder of a tenant's overlay, from the repository's root. */
export const overlayFolder = (cluster: string, id: string): string =>
  `overlays/${cluster}/tenants/${id}`;

let templates: Templates | undefined;

/**
 * A tenant's overlay: path from the repository's root -> text. The same plan gives the same bytes.
 * `render` is for tests of templates; the project's own are read once.
 */
export function renderTenant(
  plan: Plan,
  render: Templates = (templates ??= loadTemplates()),
): Map<string, string> {
  const folder = overlayFolder(plan.cluster.name, plan.id);
  const files = new Map<string, string>();
  files.set(
    `${folder}/kustomization.yaml`,
    render("tenant/kustomization.yaml", { namespaces: plan.namespaces.map(({ name }) => name) }),
  );
  for (const namespace of plan.namespaces) {
    renderNamespace(plan, namespace, `${folder}/${namespace.name}`, render, files);
  }
  return files;
}

/** Every sub-overlay is a kustomization and its patches; custom rules and further Secrets are folders of the same kind below. */
function renderNamespace(
  plan: Plan,
  namespace: NamespacePlan,
  folder: string,
  render: Templates,
  files: Map<string, string>,
): void {
  const put = (path: string, template: string, view: View) =>
    files.set(`${folder}/${path}.yaml`, render(`tenant/namespace/${template}.yaml`, view));
  const { parts, template, view } = namespaceFiles(plan, namespace);
  // One folder deeper than the namespace's own.
  const over = (base: string): View => ({ resources: [`../${basePath(plan, base)}`] });
  const rules = namespace.closed ? [] : namespace.rules;
  for (const rule of rules) {
    put(`${ruleFolder(rule)}/kustomization`, "custom-rule/kustomization", over("custom-rule"));
    put(`${ruleFolder(rule)}/patches`, "custom-rule/patches", ruleView(rule));
  }
  const secrets = furtherSecrets(plan, namespace);
  for (const secret of secrets) {
    put(`${secret.folder}/kustomization`, "secret/kustomization", over("external-secret"));
    put(`${secret.folder}/patches`, "secret/patches", secret.view);
  }
  const folders = [...rules.map(ruleFolder), ...secrets.map((secret) => secret.folder)];
  put("kustomization", "kustomization", kustomizationView(plan, namespace, parts, folders));
  put("patches", `${template}.patches`, view);
  // A file of its own, because CODEOWNERS goes by path: whoever raises a quota asks the platform's people.
  put("quota", "quota", quotaView(namespace));
}

function namespaceFiles(
  plan: Plan,
  namespace: NamespacePlan,
): { parts: Parts; template: string; view: View } {
  if (namespace.role === "root") {
    return { parts: rootParts(plan, namespace), template: "root", view: rootView(plan, namespace) };
  }
  if (namespace.closed) {
    return { parts: closedParts, template: "closed", view: namespaceView(plan, namespace) };
  }
  if (namespace.role === "mcp") {
    return { parts: mcpParts(plan, namespace), template: "mcp", view: mcpView(plan, namespace) };
  }
  return {
    parts: organizationParts(plan),
    template: "organization",
    view: organizationView(plan, namespace),
  };
}
