import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { buildKernel, KERNEL } from "../../../tools/kernel/build.ts";
import { root } from "../../../tools/root.ts";

test("the committed kernel is what its sources say (npm run kernel writes it)", async () => {
  expect(readFileSync(join(root, KERNEL)).equals(await buildKernel())).toBe(true);
}, 60_000);
