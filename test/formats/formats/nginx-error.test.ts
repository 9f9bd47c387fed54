import { describe, expect, it } from "vitest";
import { nginxError } from "../../../apps/formats/src/formats/nginx-error.ts";
import { formatOf, read } from "./read.ts";

describe("nginx error logs", () => {
  it("reads process, thread and connection", () => {
    const line = "2024/01/02 03:04:05 [crit] 31#32: *9 connect() failed";
    expect(read(nginxError, line)).toEqual({
      message: "connect() failed",
      timestamp: "2024-01-02T03:04:05Z",
      level: "FATAL",
      metadata: { pid: "31", thread: "32", connection: "9", severity: "crit" },
    });
    expect(formatOf(line)).toBe("nginx-error");
  });
});
