import { afterAll, beforeAll, describe } from "vitest";

import { connect } from "../support/api.ts";
import { refusals } from "./attacked.ts";
import { endWorld, makeWorld } from "./world.ts";

const api = connect();

describe("on a cluster with Ingress, hosts of tenants' own, and External Secrets", () => {
  beforeAll(async () => await makeWorld(api, "cloud"), 180_000);
  afterAll(async () => await endWorld(api), 180_000);

  refusals("cloud", api);
});
