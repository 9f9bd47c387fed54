/** The tenant that is attacked, one whose end the platform has approved, and one that was removed. */
export const TENANT = "alba";
export const APPROVED = "brio";
export const REMOVED = "corvo";

export const ROOT = `tenant-${TENANT}`;
export const WEB = `${ROOT}-org-web`;
export const MCP = `${WEB}-mcp`;
/** Made by Argo CD, with neither quota nor limits yet. */
export const BARE = `${ROOT}-org-bare`;
/** Approved for deletion, by the uid of another namespace. */
export const MISTAKEN = `${ROOT}-org-mistaken`;
export const APPROVED_ROOT = `tenant-${APPROVED}`;
/** A network policy that was deleted in the foreground, and is still there. */
export const ENDING = "ending";
/** The group of the tenant's record. */
export const OWNERS = `${TENANT}-owners`;

export const APPROVAL = "neurallog.dev/deletion-approved";
export const RBAC = "rbac.authorization.k8s.io";
export const OFFBOARDED = { name: "offboarded", namespace: "neurallog-system" };
