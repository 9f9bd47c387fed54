/** What each part of the repository may import from the others. Tests may import everything. */
export const parts: Record<string, string[]> = {
  generator: ["tools"],
  // Its mcp role is a client of the log service over HTTP, as everybody is.
  "apps/log-service": ["apps/client", "apps/formats"],
  "apps/client": [],
  "apps/mcp-tap": ["apps/client"],
  // Log formats: what a line says. The service reads plain lines by them, and so does the command line.
  "apps/formats": ["apps/client"],
  "apps/cli": ["apps/client", "apps/formats"],
  tools: [],
  local: ["generator", "tools"],
  operate: ["generator", "tools", "apps/client", "apps/cli"],
  bench: ["generator", "apps/log-service", "apps/client", "apps/cli", "tools", "local"],
};

/**
 * A house of rooms. A room is a folder with all that is in it, unless a deeper one is listed; it
 * may import itself and the rooms it is built on. Files beside the rooms belong to the ground, which
 * every room stands on, or to the roof, which puts the rooms together.
 */
export interface House {
  folder: string;
  ground: string[];
  roof: string[];
  /** Each room with what it is built on. */
  rooms: Record<string, string[]>;
}

const written = ["record", "plan", "render", "write"];
const proofs = ["verify/schemas", "verify/quota", "verify/reachability"];
/** What a change does: two sides are built and compared, what follows is found, and all of it reported. */
const previewRooms = {
  "preview/model": [],
  "preview/compare": ["manifests", "preview/model"],
  "preview/sides": ["manifests", "verify"],
  "preview/effects": ["manifests", "record", "plan", ...proofs, "preview/model", "preview/compare"],
  "preview/github": [],
  "preview/report": ["record", "preview/model", "preview/compare"],
  preview: [
    ...written,
    "manifests",
    ...proofs,
    "release",
    "verify",
    "preview/model",
    "preview/compare",
    "preview/sides",
    "preview/effects",
  ],
};
/** What the doors call in a record's and a question's way. */
const engine = [
  "record",
  "block",
  "store",
  "archive",
  "archive/clearings",
  "query",
  "follow",
  "ingest",
  "access",
  "settings",
  "observe",
  "operations",
  "logql",
];
const doors = ["http", "mcp", "syslog"];

export const houses: House[] = [
  {
    folder: "generator",
    ground: ["errors.ts", "git.ts", "limits.ts", "verify/finding.ts"],
    roof: [],
    rooms: {
      record: [],
      plan: ["record"],
      render: ["record", "plan"],
      write: ["record", "plan", "render"],
      reference: ["record", "plan", "preview/model"],
      manifests: [],
      release: ["record"],
      "verify/schemas": ["manifests"],
      "verify/quota": ["manifests", "record", "plan"],
      "verify/reachability": ["manifests", "record", "plan"],
      verify: [...written, "manifests", "release", ...proofs],
      promote: ["verify"],
      ...previewRooms,
      cli: [
        ...written,
        "reference",
        "manifests",
        ...proofs,
        "release",
        "verify",
        "promote",
        ...Object.keys(previewRooms),
      ],
    },
  },
  {
    folder: "operate",
    ground: ["errors.ts", "limits.ts", "text.ts"],
    roof: [],
    rooms: {
      kubernetes: [],
      status: ["kubernetes"],
      prerequisites: ["kubernetes"],
      offboard: ["kubernetes"],
      cli: ["kubernetes", "status", "prerequisites", "offboard"],
    },
  },
  {
    folder: "apps/client/src",
    // What calls the service. The logger is loaded alone and has only the errors in common with it.
    ground: ["errors.ts"],
    roof: [
      "admin.ts",
      "answers.ts",
      "client.ts",
      "export.ts",
      "follow.ts",
      "index.ts",
      "levels.ts",
      "manifest.ts",
      "pause.ts",
      "query-string.ts",
      "questions.ts",
      "stats.ts",
      "transport.ts",
      "types.ts",
    ],
    rooms: { redaction: [], shared: [], logger: ["redaction", "shared"], pino: ["logger"] },
  },
  {
    folder: "apps/mcp-tap/src",
    ground: ["errors.ts", "limits.ts"],
    roof: ["main.ts", "config.ts", "health.ts"],
    rooms: {
      message: [],
      observe: ["message"],
      exchange: ["message", "observe"],
      send: [],
      recording: ["message", "observe", "exchange", "send"],
      relay: ["message", "observe"],
    },
  },
  {
    folder: "apps/log-service/src",
    ground: ["errors.ts", "limits.ts", "suggest.ts", "version.ts"],
    roof: ["main.ts", "write-openapi.ts"],
    rooms: {
      record: [],
      block: ["record"],
      store: ["record", "block"],
      "store/memory": ["record", "block", "store"],
      "store/redis": ["record", "block", "store"],
      archive: ["record", "store"],
      "archive/memory": ["record", "block", "store", "archive"],
      "archive/postgres": ["record", "block", "store", "archive"],
      "archive/clearings": ["store", "archive"],
      "archive/clearings/redis": ["archive/clearings", "archive", "store", "store/redis"],
      "archive/mover": ["record", "block", "store", "archive", "archive/clearings", "query"],
      query: ["record", "block", "store", "archive", "archive/clearings"],
      follow: ["record", "block", "store", "query"],
      ingest: ["record", "block"],
      logql: ["record", "block", "store", "query", "ingest"],
      access: [],
      config: [],
      settings: [],
      "settings/memory": ["settings"],
      "settings/redis": ["settings", "store/redis"],
      observe: ["config", "store", "archive", "follow"],
      operations: [
        "record",
        "block",
        "store",
        "archive",
        "archive/clearings",
        "query",
        "follow",
        "ingest",
        "access",
        "settings",
        "observe",
      ],
      http: [...engine, "config"],
      mcp: [...engine, "config"],
      syslog: [...engine, "config"],
      roles: [
        ...engine,
        "store/memory",
        "store/redis",
        "archive/memory",
        "archive/postgres",
        "archive/clearings/redis",
        "archive/mover",
        "settings/memory",
        "settings/redis",
        "config",
        ...doors,
      ],
    },
  },
];
