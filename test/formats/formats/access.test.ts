import { describe, expect, it } from "vitest";
import { access } from "../../../apps/formats/src/formats/access.ts";
import { formatOf, read } from "./read.ts";

describe("access logs", () => {
  it("reads the common form", () => {
    const line = '192.0.2.1 - - [02/Jan/2024:03:04:05 +0200] "GET /a?b=1 HTTP/1.1" 200 12';
    expect(read(access, line)).toEqual({
      message: "GET /a?b=1 HTTP/1.1 200",
      timestamp: "2024-01-02T01:04:05Z",
      level: "INFO",
      metadata: { client: "192.0.2.1", status: 200, bytes: 12 },
    });
    expect(formatOf(line)).toBe("access");
  });

  it("reads the combined form, and a client's error as a warning", () => {
    const line =
      '2001:db8::1 - ann [02/Jan/2024:03:04:05 +0000] "GET /x HTTP/2.0" 404 - "https://a.example/" "curl/8 \\"x\\""';
    expect(read(access, line)).toEqual({
      message: "GET /x HTTP/2.0 404",
      timestamp: "2024-01-02T03:04:05Z",
      level: "WARN",
      metadata: {
        client: "2001:db8::1",
        user: "ann",
        status: 404,
        referer: "https://a.example/",
        agent: 'curl/8 \\"x\\"',
      },
    });
    expect(formatOf(line)).toBe("access");
  });

  it("reads a server's error as an error, and keeps what a proxy adds at the end", () => {
    const line =
      '192.0.2.1 - - [02/Jan/2024:03:04:05 +0000] "POST /x HTTP/1.1" 502 0 "-" "-" 0.731';
    expect(read(access, line)).toEqual({
      message: "POST /x HTTP/1.1 502 0.731",
      timestamp: "2024-01-02T03:04:05Z",
      level: "ERROR",
      metadata: { client: "192.0.2.1", status: 502, bytes: 0 },
    });
    expect(formatOf(line)).toBe("access");
  });
});
