import { errors, json, parameter, reference, reply, step, type Json } from "./openapi-parts.ts";

/** For keys with the role admin, and levels for everybody's programs. */

const TAGS = ["Administer"];
const refused = ["401", "403", "503"] as const;

export function adminPaths(): Json {
  return {
    "/api/levels": {
      get: {
        operationId: "levels",
        tags: TAGS,
        summary: "The least level that programs of each source should send; for any key",
        parameters: [
          parameter("wait", "Seconds to wait for a change, with If-None-Match", {
            type: "integer",
            minimum: 0,
            maximum: 50,
          }),
          {
            name: "If-None-Match",
            in: "header",
            description: "ETag of the answer before",
            schema: { type: "string" },
          },
        ],
        responses: {
          "200": {
            ...reply("LevelsReply", "Of the namespaces that the key reaches"),
            headers: { ETag: { schema: { type: "string" } } },
          },
          "304": { description: "Unchanged" },
          ...errors("400", "401", "503"),
        },
      },
    },
    "/api/admin/clear": {
      post: {
        operationId: "clearLogs",
        tags: TAGS,
        summary: "Take records out for ever, or count them with dry_run",
        description:
          "Resolved means that no question and no follower sees them any more. What is stored later stays.",
        requestBody: { required: true, content: json(reference("ClearInput")) },
        responses: {
          "200": reply("ClearReply", "What is cleared, or would be"),
          ...errors("400", "413", "429", ...refused),
        },
      },
    },
    "/api/admin/tombstones": {
      get: list("tombstones", "Clearings that still have records to take out", "TombstonesReply"),
    },
    "/api/admin/keys": {
      get: list("keys", "API keys and certificates with their state", "KeysReply"),
    },
    "/api/admin/keys/{name}/revoke": {
      post: keyChange("revokeKey", "Shut a key's value of now at once"),
    },
    "/api/admin/keys/{name}/restore": { post: keyChange("restoreKey", "Take a revocation back") },
    "/api/admin/levels": {
      get: list("setLevels", "Levels with who set them", "SetLevelsReply"),
      put: {
        operationId: "setLevel",
        tags: TAGS,
        summary: "Set a source's level",
        requestBody: { required: true, content: json(reference("LevelInput")) },
        responses: {
          "200": reply("SetLevel", "It is set, on every replica within seconds"),
          ...errors("400", "413", ...refused),
        },
      },
      delete: {
        operationId: "unsetLevel",
        tags: TAGS,
        summary: "Leave a source's level to its programs again",
        parameters: [
          { ...parameter("source"), required: true },
          parameter("namespace", "* when left out"),
        ],
        responses: { "204": { description: "It is not set" }, ...errors("400", ...refused) },
      },
    },
  };
}

function list(operationId: string, summary: string, name: string): Json {
  return {
    operationId,
    tags: TAGS,
    summary,
    responses: { "200": reply(name, "All of them"), ...errors(...refused) },
  };
}

function keyChange(operationId: string, summary: string): Json {
  return {
    operationId,
    tags: TAGS,
    summary,
    parameters: [step("name", "The key's name in access.json")],
    responses: { "200": reply("KeyState", "Its state now"), ...errors("404", ...refused) },
  };
}
