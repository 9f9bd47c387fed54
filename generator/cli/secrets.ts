// `npm run secrets -- <id>`: fresh secrets for a tenant, to standard output and nowhere else.
import { randomBytes } from "node:crypto";
import { root as project } from "../../tools/root.ts";
import { main, say, ToolError } from "../../tools/say.ts";
import { loadRepository } from "../plan/load.ts";
import type { Plan } from "../plan/plan.ts";
import { printProblems } from "../record/print.ts";
import { archiveRole, archiveUsers } from "../render/log-service-config.ts";
import { archiveSecret } from "../render/secrets.ts";
import {
  callersSecret,
  freshSecrets,
  type FreshSecret,
  type Part,
} from "../render/fresh-secrets.ts";
import { secretEntries, secretManifest } from "../render/secret-manifest.ts";
import { COMMON, readArguments, usage } from "./arguments.ts";

const help = `Usage: npm run -s secrets -- <tenant> [options] | kubectl apply --server-side -f -

Prints new random secrets of a tenant: passwords of its Redis and of its archive, its API keys in clear for those who call, and their
hashes for the log service. Where the cluster has External Secrets, prints what to store at the provider instead:
a JSON object of path -> entries. Nothing is kept: what is printed is the only copy.

Applied to a tenant that runs, it replaces every password and key.

  --key <name>      only this API key, to add it or to replace it; may be given several times. Apply it with
                    --field-manager=<something of its own>, or kubectl takes the other keys for removed
  --archive         only the passwords of its archive, for a tenant that gets one
  --root <folder>   another repository than this one
  --help            this text
`;

await main(run);

// oxlint-disable-next-line require-await -- `main` takes promises
async function run(): Promise<number> {
  const parsed = readArguments(help, {
    allowPositionals: true,
    options: { ...COMMON, key: { type: "string", multiple: true }, archive: { type: "boolean" } },
  });
  if (parsed === undefined) return 0;
  const { values, positionals } = parsed;
  const [id, ...more] = positionals;
  if (id === undefined || more.length > 0) throw usage(help, "name one tenant");
  const plan = planOf(id, values.root ?? project);
  if (plan === undefined) return 1;
  const only = partOf(plan, values.key, values.archive === true);
  const secrets = freshSecrets(plan, randomBytes, only);
  process.stdout.write(
    plan.secrets.provider === "manual"
      ? secretManifest(plan, secrets)
      : secretEntries(plan.secrets.vault.keyPrefix, secrets),
  );
  for (const line of guidance(plan, secrets, only !== undefined)) say(line);
  return 0;
}

function planOf(id: string, root: string): Plan | undefined {
  const { plans, problems } = loadRepository(root);
  const plan = plans.find((one) => one.id === id);
  // Other tenants' records are no concern of this one.
  const own = problems.filter(
    ({ file }) => file === `tenants/${id}.yaml` || !file.startsWith("tenants/"),
  );
  if (own.length > 0) {
    process.stderr.write(printProblems(own, process.stderr.isTTY === true));
    return undefined;
  }
  if (plan !== undefined) return plan;
  throw new ToolError(
    `there is no tenant '${id}'; there are: ${plans.map((one) => one.id).join(", ")}`,
  );
}

function partOf(
  plan: Plan,
  keys: readonly string[] | undefined,
  archive: boolean,
): Part | undefined {
  if (keys === undefined && !archive) return undefined;
  if (archive && plan.archive === null) throw new ToolError(`tenant ${plan.id} has no archive`);
  return { keys: keysOf(plan, keys ?? []), archive };
}

function keysOf(plan: Plan, names: readonly string[]): Set<string> {
  const known = plan.access.keys.map(({ name }) => name);
  for (const name of names) {
    if (!known.includes(name)) {
      throw new ToolError(
        `tenant ${plan.id} has no API key '${name}'; it has: ${known.join(", ")}`,
      );
    }
  }
  return new Set(names);
}

/** What the person at the keyboard has to know; never a secret. */
function guidance(plan: Plan, secrets: readonly FreshSecret[], partly: boolean): string[] {
  const lines: string[] = [];
  if (process.stdout.isTTY)
    lines.push("these are secrets on your screen, and in its scrollback: pipe them instead");
  if (plan.secrets.provider === "manual") {
    lines.push("apply them with: kubectl apply --server-side -f -");
    if (partly)
      lines.push("with a --field-manager of its own for each key, so that the other keys stay");
  } else {
    const { path } = plan.secrets.vault;
    lines.push(
      `store each path's entries in Vault's engine '${path}': vault kv put -mount=${path} <path> @entries.json`,
    );
  }
  const database = plan.archive?.database;
  if (database !== undefined && secrets.some(({ name }) => name === archiveSecret)) {
    const users = archiveUsers.map((user) => archiveRole(database, user)).join(", ");
    lines.push(
      database.mode === "own"
        ? `the archive takes the passwords of ${users} from Secret ${archiveSecret} when it next starts`
        : `Secret ${archiveSecret} has passwords for ${users}: give them to these users of database ${database.name} at ${database.host}`,
    );
  }
  for (const { namespace, name, entries } of secrets) {
    if (name !== callersSecret) continue;
    lines.push(
      `callers find their keys in ${namespace.name}, Secret ${name}: ${Object.keys(entries).join(", ")}`,
    );
  }
  if (plan.redis.mode === "external" && !partly) {
    lines.push(
      `Secret ${plan.redis.secretName}, entry 'app', is the password of user app at ${plan.redis.host}: put the provider's there`,
    );
  }
  const { tls } = plan.logService;
  if (tls !== null && !partly) {
    const name = `log-service.tenant-${plan.id}.svc`;
    lines.push(
      `Secret ${tls.secretName}, entries 'tls.crt' and 'tls.key', is the certificate of ${name}: make it, or have cert-manager do so`,
    );
    if (tls.clientCa !== null) {
      const { secretName, key } = tls.clientCa;
      lines.push(
        `Secret ${secretName}, entry '${key}', is whose signature client certificates need: put it there`,
      );
    }
  }
  return lines;
}
