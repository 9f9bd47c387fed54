import { accessFile } from "../generator/render/log-service-config.ts";
import type { Plan } from "../generator/plan/plan.ts";
import { apiKeys } from "./secrets.ts";
import { writePrivate, type State } from "./state.ts";

/**
 * Writes the access file of the record's keys and one more: the admin's, for whoever sits at this
 * machine.
 * @returns the admin's key
 */
export function giveAccess(state: State, plan: Plan): string {
  const taken = new Set(plan.access.keys.map(({ name }) => name));
  let local = "local";
  while (taken.has(local)) local += "-admin";
  const admin: Plan["access"]["keys"][number] = {
    name: local,
    roles: ["admin"],
    namespaces: ["*"],
    secret: { name: "local", key: local },
    mcpOrganization: null,
    expires: null,
  };
  const keys = [...plan.access.keys, admin];
  const values = apiKeys(
    state,
    keys.map(({ name }) => name),
  );
  writePrivate(state.access, accessFile({ access: { ...plan.access, keys } }));
  return values.get(local) ?? "";
}
