import { afterAll, beforeAll, describe } from "vitest";

import { connect } from "../support/api.ts";
import { refusals } from "./attacked.ts";
import { policySuite } from "./policies.ts";
import { unhindered } from "./unhindered.ts";
import { endWorld, makeWorld } from "./world.ts";

const api = connect();

// One world for all: it takes longer to make than to attack.
describe("on a cluster with a Gateway", () => {
  beforeAll(async () => await makeWorld(api, "home"), 180_000);
  afterAll(async () => await endWorld(api), 180_000);

  refusals("home", api);
  policySuite(api);
  unhindered(api);
});
