import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocksOf, type Block } from "./blocks.ts";
import { Checkout, root } from "./checkout.ts";

const docs = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
const pages = ["README.md", ...docs.map((name) => `docs/${name}`)];

/** Commands that a test cannot run: this test run itself, and measurements, which take minutes. */
function isRunElsewhere(block: Block): boolean {
  const lines = block.commands
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return lines.every((line) => {
    const bench = /^npm run bench -- ([\w-]+)/.exec(line)?.[1];
    return (
      line === "npm test" || (bench !== undefined && existsSync(join(root, "bench", `${bench}.ts`)))
    );
  });
}

describe.each(pages.filter((page) => blocksOf(root, page).length > 0))("%s", (page) => {
  let checkout: Checkout | undefined;
  beforeAll(() => {
    checkout = new Checkout();
  });
  afterAll(() => checkout?.[Symbol.asyncDispose]());

  it.each(blocksOf(root, page).filter((block) => !isRunElsewhere(block)))(
    "says what works: line $line",
    async (block) => {
      if (checkout === undefined) throw new Error("there is no checkout");
      const { exit, said } = await checkout.run(block);
      expect(exit, `${page}:${block.line}\n${block.commands}\n\n${said}`).toBe(block.exit);
      // A promised failure is one that is explained, not a crash.
      expect(said).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
    },
    120_000,
  );
});

describe("the pages", () => {
  const anchorOf = (heading: string) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-");
  const text = (page: string) =>
    readFileSync(join(root, page), "utf8").replaceAll(/^```[^]*?^```/gm, "");
  const links = pages.flatMap((page) =>
    [...text(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => ({ page, target })),
  );
  const local = links.filter(({ target }) => !/^[a-z]+:/.test(target));

  it.each(local)("$page links to $target, which is there", ({ page, target }) => {
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? page : join(dirname(page), path);
    expect(existsSync(join(root, file))).toBe(true);
    const anchors =
      anchor === undefined
        ? []
        : [...text(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));
    expect(anchors).toEqual(anchor === undefined ? [] : expect.arrayContaining([anchor]));
  });

  it("are all reached from the read-me", () => {
    const reached = new Set(["README.md"]);
    for (const page of reached) {
      for (const { target } of local.filter((link) => link.page === page)) {
        const path = join(dirname(page), target.split("#")[0] ?? "");
        if (pages.includes(path)) reached.add(path);
      }
    }
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
  });
});
