import { describe } from "vitest";

import { suite } from "./suite.ts";

describe("on a cluster with a Gateway", () => {
  suite("home");
});
