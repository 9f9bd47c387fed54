import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { root } from "../../tools/root.ts";

const step = z.strictObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  if: z.string().optional(),
  with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  env: z.record(z.string(), z.string()).optional(),
  "continue-on-error": z.boolean().optional(),
});

/** Strict: a key that this test does not know could give rights, or run something, that nobody looks at. */
const schema = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.record(z.string(), z.array(z.string())).nullable()),
  permissions: z.record(z.string(), z.string()),
  concurrency: z.strictObject({
    group: z.string(),
    "cancel-in-progress": z.union([z.boolean(), z.string()]),
  }),
  jobs: z.record(
    z.string(),
    z.strictObject({
      if: z.string().optional(),
      permissions: z.record(z.string(), z.string()).optional(),
      strategy: z.unknown().optional(),
      env: z.record(z.string(), z.string()).optional(),
      "runs-on": z.literal("ubuntu-24.04"),
      "timeout-minutes": z.int().max(60),
      steps: z.array(step),
    }),
  ),
});

const folder = join(root, ".github/workflows");
const workflows = readdirSync(folder).map((file) => {
  const text = readFileSync(join(folder, file), "utf8");
  return { file, text, workflow: schema.parse(parse(text)) };
});
type Workflow = z.infer<typeof schema>;

const named = (name: string): Workflow => {
  const found = workflows.find(({ file }) => file === `${name}.yml`);
  if (found === undefined) throw new Error(`there is no workflow ${name}`);
  return found.workflow;
};
const jobsOf = (workflow: Workflow) => Object.values(workflow.jobs);
const stepsOf = (workflow: Workflow) => jobsOf(workflow).flatMap(({ steps }) => steps);
const scriptsOf = (workflow: Workflow) => stepsOf(workflow).flatMap(({ run }) => run ?? []);
const commandsOf = (workflow: Workflow) =>
  scriptsOf(workflow).map((script) => /npm (?:run (?:-s )?)?[\w":$]+/.exec(script)?.[0]);

describe.each(workflows)("$file", ({ workflow, text }) => {
  test("takes each action at a commit, with the version that it is", () => {
    const actions = [...text.matchAll(/uses: (.*)$/gm)].map(([, action]) => action);
    expect(actions).toHaveLength(stepsOf(workflow).filter(({ uses }) => uses !== undefined).length);
    for (const action of actions)
      expect(action).toMatch(/^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test("puts nothing into a script that a stranger could have named", () => {
    for (const script of scriptsOf(workflow)) expect(script).not.toContain("${{");
  });

  test("never runs a pull request with the rights of its target", () => {
    expect(Object.keys(workflow.on)).not.toContain("pull_request_target");
    expect(Object.keys(workflow.on)).not.toContain("issue_comment");
  });

  test("uses no secret but the run's own token", () => {
    expect(text).not.toMatch(/secrets\s*[.[]/);
  });

  test("leaves the token to the step that needs it", () => {
    const kept = stepsOf(workflow).filter(
      ({ uses, with: given }) =>
        uses?.startsWith("actions/checkout@") === true && given?.["persist-credentials"] !== false,
    );
    expect(kept).toHaveLength(workflow.name === "promote" ? 1 : 0);
  });

  test("ends at some time, and one run of a kind at a time", () => {
    for (const job of jobsOf(workflow)) expect(job["timeout-minutes"]).toBeGreaterThan(0);
    expect(workflow.concurrency.group).not.toBe("");
  });
});

describe("workflows that run code of a pull request", () => {
  const running = workflows.filter(({ workflow }) => "pull_request" in workflow.on);

  it("are these", () => {
    expect(running.map(({ file }) => file)).toEqual(["ci.yml", "cluster.yml", "preview.yml"]);
  });

  it.each(running)("$file may only read", ({ workflow }) => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    for (const job of jobsOf(workflow)) expect(job.permissions).toBeUndefined();
  });
});

describe("the workflow for pull requests", () => {
  it("runs the tests and the verification", () => {
    expect(commandsOf(named("ci"))).toEqual(["npm test", "npm run verify"]);
  });
});

describe("the workflow of the suites with a cluster", () => {
  it("runs each of them", () => {
    expect(named("cluster").jobs["suites"]?.strategy).toMatchObject({
      matrix: { suite: ["test:cluster", "test:node"] },
    });
    expect(scriptsOf(named("cluster"))).toEqual([expect.stringContaining('npm run -s "$SUITE"')]);
  });
});

describe("the preview of a pull request", () => {
  const workflow = named("preview");

  it("fails on errors: nothing after it hides its exit code", () => {
    const made = stepsOf(workflow).find(({ run }) => run?.includes("npm run -s preview") === true);
    expect(made?.run).not.toMatch(/\|\||;|\|/);
    expect(made?.["continue-on-error"]).toBeUndefined();
    expect(made?.if).toBeUndefined();
  });

  it("leaves its artifact also when it fails", () => {
    const kept = stepsOf(workflow).find(({ uses }) => uses?.includes("upload-artifact") === true);
    expect(kept?.if).toBe("${{ !cancelled() }}");
  });
});

describe("the comment with a preview", () => {
  const workflow = named("preview-comment");
  const [job] = jobsOf(workflow);

  it("is the only workflow that may write to pull requests, and writes nothing else", () => {
    const writing = workflows.filter(({ text }) => text.includes("pull-requests: write"));
    expect(writing.map(({ file }) => file)).toEqual(["preview-comment.yml"]);
    expect(workflow.permissions).toEqual({});
    expect(job?.permissions).toEqual({
      actions: "read",
      contents: "read",
      "pull-requests": "write",
    });
  });

  it("attack: code of the pull request is not what runs", () => {
    expect(Object.keys(workflow.on)).toEqual(["workflow_run"]);
    const checkouts = stepsOf(workflow).filter(({ uses }) => uses?.includes("/checkout@") === true);
    expect(checkouts.map(({ with: given }) => given?.["ref"])).toEqual(["main"]);
    // What is built or restored from a cache could have been put there by a pull request.
    expect(
      stepsOf(workflow).some(
        ({ uses, with: given }) =>
          uses?.includes("/cache@") === true || given?.["cache"] !== undefined,
      ),
    ).toBe(false);
  });

  it("attack: an artifact lands outside of the checkout, and gets no token", () => {
    const download = stepsOf(workflow).find(
      ({ uses }) => uses?.includes("download-artifact") === true,
    );
    expect(download?.with?.["path"]).toBe("${{ runner.temp }}/preview");
    const holders = stepsOf(workflow).filter(({ env }) => env !== undefined);
    expect(holders.map(({ run }) => run)).toEqual([
      'npm run -s preview:comment -- --preview "$RUNNER_TEMP/preview/preview.json"',
    ]);
  });
});

describe("the workflow that moves what Argo CD follows", () => {
  const workflow = named("promote");
  const [job] = jobsOf(workflow);

  it("is the only one that may write to the repository", () => {
    const writing = workflows.filter(({ text }) => text.includes("contents: write"));
    expect(writing.map(({ file }) => file)).toEqual(["promote.yml"]);
    expect(workflow.permissions).toEqual({});
    expect(job?.permissions).toEqual({ contents: "write" });
  });

  it("follows main's own successful run of ci, one at a time", () => {
    expect(workflow.on).toEqual({
      workflow_run: { workflows: ["ci"], types: ["completed"], branches: ["main"] },
    });
    expect(job?.if).toContain("github.event.workflow_run.conclusion == 'success'");
    expect(workflow.concurrency).toEqual({ group: "promote", "cancel-in-progress": false });
    expect(commandsOf(workflow)).toEqual(["npm run -s promote"]);
  });

  it("attack: a fork's branch that is called main moves nothing", () => {
    expect(job?.if).toContain("github.event.workflow_run.event == 'push'");
    expect(job?.if).toContain(
      "github.event.workflow_run.head_repository.full_name == github.repository",
    );
  });

  it("trusts no cache that a pull request may have filled", () => {
    for (const { uses, with: given } of stepsOf(workflow)) {
      expect(uses ?? "").not.toContain("/cache@");
      expect([undefined, false]).toContain(given?.["cache"]);
    }
  });
});
