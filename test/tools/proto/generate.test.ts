import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { generateAll } from "../../../tools/proto/generate.ts";
import { root } from "../../../tools/root.ts";

test("the committed protobuf code is what the definitions say (npm run proto writes it)", async () => {
  const generated = [...(await generateAll())];
  const committed = generated.map(([path]) => [path, readFileSync(join(root, path), "utf8")]);
  expect(committed).toEqual(generated);
});
