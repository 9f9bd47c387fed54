import { writeFileSync } from "node:fs";

import { openApiDocument } from "./http/openapi.ts";

// Committed, so that clients can be made from it without a running service.
writeFileSync(new URL("../openapi.json", import.meta.url), openApiDocument());
