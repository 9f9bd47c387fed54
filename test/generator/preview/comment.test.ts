import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MARKER } from "../../../generator/preview/report/markdown.ts";
import { root as project } from "../../../tools/root.ts";
import { previewWith } from "./support/previews.ts";

const SHA = "a".repeat(40);
const event = {
  repository: { full_name: "neurallog/platform" },
  workflow_run: {
    html_url: "https://github.example/neurallog/platform/actions/runs/7",
    head_sha: SHA,
    head_branch: "more & more",
    head_repository: { owner: { login: "a-stranger" } },
  },
};

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly token: string | undefined;
}

interface Comment {
  id: number;
  user: { login: string } | null;
  body: string;
}

/** A platform with one open pull request. */
class Platform implements AsyncDisposable {
  readonly calls: Call[] = [];
  pulls: unknown[] = [pull(12, SHA)];
  comments: Comment[] = [];
  status = 200;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request);
    const path = request.url ?? "";
    const token = request.headers.authorization;
    this.calls.push({ method: request.method ?? "", path, body, token });
    const page = Number(/[?&]page=(\d+)/.exec(path)?.[1] ?? 1);
    const answer = path.includes("/pulls?")
      ? this.pulls
      : this.comments.slice(100 * (page - 1), 100 * page);
    response.writeHead(this.status).end(JSON.stringify(answer));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return `http://127.0.0.1:${address.port}`;
  }

  writes(): Call[] {
    return this.calls.filter(({ method }) => method !== "GET");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString();
}

const pull = (number: number, sha: string, repository = "neurallog/platform") => ({
  number,
  head: { sha },
  base: { repo: { full_name: repository } },
});

describe("npm run preview:comment", () => {
  let folder = "";
  let platform: Platform;
  let address = "";
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "neurallog-comment-"));
    platform = new Platform();
    address = await platform.start();
  });
  afterEach(async () => {
    await platform[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  async function post(artifact: string | undefined, given: unknown = event) {
    const [preview, eventFile] = [join(folder, "preview.json"), join(folder, "event.json")];
    if (artifact !== undefined) writeFileSync(preview, artifact);
    writeFileSync(eventFile, JSON.stringify(given));
    const child = spawn(
      process.execPath,
      [join(project, "generator/cli/preview-comment.ts"), "--preview", preview],
      {
        env: {
          ...process.env,
          GITHUB_EVENT_PATH: eventFile,
          GITHUB_API_URL: address,
          GITHUB_TOKEN: "a-token",
        },
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    let said = "";
    child.stderr.on("data", (part: Buffer) => (said += part.toString()));
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { code, said };
  }

  it("posts to the pull request that the platform names for the run's branch", async () => {
    expect((await post(JSON.stringify(previewWith("x")))).code).toBe(0);
    const [asked] = platform.calls;
    expect(asked?.path).toContain("head=a-stranger%3Amore%20%26%20more");
    expect(asked?.token).toBe("Bearer a-token");
    const [write] = platform.writes();
    expect([write?.method, write?.path]).toEqual([
      "POST",
      "/repos/neurallog/platform/issues/12/comments",
    ]);
    expect(write?.body).toContain("must not be merged");
  });

  it("updates its own comment, wherever in the thread it is", async () => {
    platform.comments = Array.from({ length: 130 }, (_, i) => ({
      id: i + 1,
      user: { login: "somebody" },
      body: "hello",
    }));
    platform.comments[120] = {
      id: 121,
      user: { login: "github-actions[bot]" },
      body: `${MARKER}\nolder`,
    };
    await post(JSON.stringify(previewWith("x")));
    expect(platform.writes().map(({ method, path }) => `${method} ${path}`)).toEqual([
      "PATCH /repos/neurallog/platform/issues/comments/121",
    ]);
  });

  it("attack: a comment that somebody else began with the mark is left alone", async () => {
    platform.comments = [
      { id: 1, user: { login: "a-stranger" }, body: `${MARKER}\nmine` },
      { id: 2, user: null, body: MARKER },
    ];
    await post(JSON.stringify(previewWith("x")));
    expect(platform.writes().map(({ method }) => method)).toEqual(["POST"]);
  });

  it("attack: an artifact cannot name another pull request, nor bring text of its own", async () => {
    await post(JSON.stringify({ ...previewWith("x"), number: 1, markdown: "@everyone" }));
    const [write] = platform.writes();
    expect(write?.path).toContain("/issues/12/");
    expect(write?.body).toContain("there is none");
    expect(write?.body).not.toContain("everyone");
  });

  it.each([
    ["missing", undefined],
    ["no JSON", "{"],
    ["nested without end", "[".repeat(200_000) + "]".repeat(200_000)],
    ["too large", " ".repeat(33 * 1024 * 1024)],
  ])("says that there is no preview where the artifact is %s", async (_, artifact) => {
    expect((await post(artifact)).code).toBe(0);
    const [write] = platform.writes();
    expect(write?.body).toContain("there is none");
    expect(write?.body).toContain("actions/runs/7");
  });

  it("does nothing where the pull request has other commits by now, or is another repository's", async () => {
    platform.pulls = [pull(12, "b".repeat(40)), pull(13, SHA, "somebody/else")];
    const { code, said } = await post(JSON.stringify(previewWith("x")));
    expect([code, platform.writes()]).toEqual([0, []]);
    expect(said).toContain("nothing to do");
  });

  it("exits with 2 and says so where the platform refuses", async () => {
    platform.status = 403;
    const { code, said } = await post(JSON.stringify(previewWith("x")));
    expect(code).toBe(2);
    expect(said).toContain("403");
    expect(said).not.toContain("a-token");
  });
});
