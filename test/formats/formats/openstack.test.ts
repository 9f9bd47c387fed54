import { describe, expect, it } from "vitest";
import { openStack } from "../../../apps/formats/src/formats/openstack.ts";
import { formatOf, read } from "./read.ts";

describe("OpenStack logs", () => {
  it("reads the request's ids, and the file that the line is of", () => {
    const line =
      "nova-api.log.1 2020-03-03 09:10:11.008 257 INFO nova.api [req-00000000-1111-2222-3333-444444444444 u1 p1 - - -] GET 200";
    expect(read(openStack, line)).toEqual({
      message: "GET 200",
      timestamp: "2020-03-03T09:10:11.008Z",
      level: "INFO",
      source: "nova.api",
      metadata: {
        file: "nova-api.log.1",
        pid: "257",
        request_id: "req-00000000-1111-2222-3333-444444444444",
        user_id: "u1",
        project_id: "p1",
      },
    });
    expect(formatOf(line)).toBe("openstack");
  });

  it("reads a line without a request", () => {
    const line = "2020-03-03 09:10:11.008 257 WARNING nova.virt [-] [instance: 7] slow";
    expect(read(openStack, line)).toEqual({
      message: "[instance: 7] slow",
      timestamp: "2020-03-03T09:10:11.008Z",
      level: "WARN",
      source: "nova.virt",
      metadata: { pid: "257", severity: "WARNING" },
    });
    expect(formatOf(line)).toBe("openstack");
  });
});
