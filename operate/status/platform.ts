import type { ApplicationSet } from "./objects/application.ts";
import type { Parts } from "./parts.ts";
import { found, sorted, told } from "./problems.ts";
import type { Problem } from "./shape.ts";

/** What is wrong with no tenant in particular. */
export function judgePlatform(parts: Parts): Problem[] {
  const problems: Problem[] = [];
  const sets = parts.applicationSets.values().filter(({ name }) => name === "tenants");
  if (parts.applicationSets.gap === undefined && sets.length === 0) {
    problems.push(
      found("wrong", "ApplicationSet tenants", {
        code: "no-application-set",
        means:
          "the ApplicationSet is not there: what is deployed is still healed, but a new tenant gets no Application",
        todo: "kubectl apply --server-side -k overlays/<cluster>/platform brings it back",
      }),
    );
  }
  for (const set of sets) problems.push(...judgeSet(set));
  for (const { name, project } of parts.applications.values()) {
    if (!name.startsWith("tenant-") || project === "tenants") continue;
    problems.push(
      found(
        "wrong",
        `Application ${name}`,
        {
          code: "foreign-project",
          means:
            "an Application by a tenant's name is in another AppProject, whose bounds are not a tenant's",
          todo: "find out who made it, and delete it: without the finalizer its objects stay",
        },
        project,
      ),
    );
  }
  return sorted(problems);
}

function judgeSet({ conditions, deleting }: ApplicationSet): Problem[] {
  const subject = "ApplicationSet tenants";
  const bad = conditions.filter(({ type, status }) =>
    type === "ErrorOccurred"
      ? status === "True"
      : type !== "RolloutProgressing" && status === "False",
  );
  const problems = bad.map(({ type, message, since }) =>
    told("wrong", subject, `${type}: ${message}`, since, {
      code: "application-set-failed",
      means: "Argo CD cannot make Applications from the folders in Git: new tenants do not appear",
      todo: "its message names the folder, or the repository that it cannot read",
    }),
  );
  if (deleting !== undefined) {
    problems.push(
      found(
        "wrong",
        subject,
        {
          code: "application-set-deleted",
          means: "somebody deleted the ApplicationSet; its Applications stay",
          todo: "kubectl apply --server-side -k overlays/<cluster>/platform brings it back",
        },
        "",
        deleting,
      ),
    );
  }
  return problems;
}
