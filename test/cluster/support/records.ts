/** A record of the cluster `home` with one organization and its MCP endpoint. */
export function recordOf(
  id: string,
  more: { owner?: string; group?: string; log?: string } = {},
): string {
  const { owner = `${id}-owners`, group = `${id}-web`, log = "" } = more;
  return `id: ${id}
displayName: ${id}
owner: { contact: logs@example.com, group: ${owner} }
cluster: home
tier: small
organizations:
  - { id: web, displayName: Web, group: ${group}, mcp: true }
access:
  keys:
    - { name: sender, role: writer }
${log === "" ? "" : `logService: ${log}\n`}`;
}

/** Namespaces that such a record makes. */
export function namespacesOf(id: string): { root: string; organization: string; mcp: string } {
  const organization = `tenant-${id}-org-web`;
  return { root: `tenant-${id}`, organization, mcp: `${organization}-mcp` };
}
