import { z } from "zod";
import { MAX_COMMENT_PAGES } from "../../limits.ts";
import type { Api } from "./api.ts";

/** The event of a workflow_run, as far as it is needed. */
export const eventSchema = z.object({
  repository: z.object({ full_name: z.string().regex(/^[\w.-]+\/[\w.-]+$/) }),
  workflow_run: z.object({
    html_url: z.url(),
    head_sha: z.string().regex(/^[0-9a-f]{40}$/),
    head_branch: z.string(),
    head_repository: z.object({ owner: z.object({ login: z.string() }) }),
  }),
});
export type Event = z.infer<typeof eventSchema>;

const pulls = z.array(
  z.object({
    number: z.int().positive(),
    head: z.object({ sha: z.string() }),
    base: z.object({ repo: z.object({ full_name: z.string() }) }),
  }),
);
const comments = z.array(
  z.object({
    id: z.int().positive(),
    user: z.object({ login: z.string() }).nullable(),
    body: z.string().nullish(),
  }),
);

/** Who writes by a workflow's own token. */
const AUTHOR = "github-actions[bot]";

/**
 * The pull request that a run was for, asked of the platform: what the run itself left says nothing that
 * counts. Undefined where it has other commits by now, or is closed.
 */
export async function findPullRequest(api: Api, event: Event): Promise<number | undefined> {
  const { repository, workflow_run: run } = event;
  const head = encodeURIComponent(`${run.head_repository.owner.login}:${run.head_branch}`);
  const path = `/repos/${repository.full_name}/pulls?state=open&per_page=100&head=${head}`;
  const found = (await api.get(path, pulls)).find(
    (pull) => pull.head.sha === run.head_sha && pull.base.repo.full_name === repository.full_name,
  );
  return found?.number;
}

/** Posts a comment, or updates the one that is there. `marker` is how it begins. */
export async function putComment(
  api: Api,
  repository: string,
  number: number,
  marker: string,
  body: string,
): Promise<"posted" | "updated"> {
  const path = `/repos/${repository}/issues/${number}/comments`;
  for (let page = 1; page <= MAX_COMMENT_PAGES; page++) {
    const list = await api.get(`${path}?per_page=100&page=${page}`, comments);
    // Anybody can begin a comment so; only our own is written over.
    const own = list.find((one) => one.user?.login === AUTHOR && one.body?.startsWith(marker));
    if (own !== undefined) {
      await api.send("PATCH", `/repos/${repository}/issues/comments/${own.id}`, { body });
      return "updated";
    }
    if (list.length < 100) break;
  }
  await api.send("POST", path, { body });
  return "posted";
}
