import { describe } from "vitest";

import { suite } from "./suite.ts";

describe("on a cluster with Ingress, hosts of tenants' own, and External Secrets", () => {
  suite("cloud");
});
