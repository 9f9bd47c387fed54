import { readFiles } from "../generator/plan/load.ts";
import type { Plan } from "../generator/plan/plan.ts";
import { planRecords } from "../generator/plan/repository.ts";
import { printProblems } from "../generator/record/print.ts";
import type { Problem } from "../generator/record/problem.ts";
import type { RedisSettings } from "../generator/render/redis-conf.ts";
import { root } from "../tools/root.ts";
import { say, ToolError } from "../tools/say.ts";

/** A tenant on a managed Redis has no size of its own in its record; this fits a laptop. */
const standIn: RedisSettings = { maxmemory: 256 * 1024 * 1024, durability: "always" };

/**
 * The plan of one record. Other tenants' records are left alone: a neighbour's mistake must not
 * keep this one from starting.
 * @throws ToolError with everything that is wrong with the record, or with the tenants there are
 */
export function planOf(id: string, repository = root): Plan {
  const problems: Problem[] = [];
  const files = readFiles(repository, problems);
  const file = `tenants/${id}.yaml`;
  const record = files.tenants.get(file);
  if (record === undefined) {
    const ids = [...files.tenants.keys()].map((name) => name.replace(/^tenants\/|\.yaml$/g, ""));
    throw new ToolError(`there is no ${file}; there are: ${ids.join(", ")}`);
  }
  const planned = planRecords({ ...files, tenants: new Map([[file, record]]) });
  const [plan] = planned.plans;
  if (plan === undefined || planned.problems.length > 0) {
    throw new ToolError(`\n${printProblems(planned.problems, process.stderr.isTTY)}`);
  }
  if (!plan.logService.running) {
    throw new ToolError(`tenant ${id} is ${plan.state}: its log service does not run (${file})`);
  }
  return plan;
}

/** What the record decides about Redis. */
export function redisSettings(plan: Plan): RedisSettings {
  if (plan.redis.mode === "standalone") {
    return { maxmemory: plan.redis.maxmemoryBytes, durability: plan.redis.durability };
  }
  say(
    `tenant ${plan.id} uses the Redis at ${plan.redis.host}; here a local one stands in for it ` +
      "(name another one with --redis-url)",
  );
  return standIn;
}
