import { describe, expect, it } from "vitest";
import { syslog } from "../../../apps/formats/src/formats/syslog.ts";
import { formatOf, read } from "./read.ts";

describe("syslog lines (RFC 3164)", () => {
  it("takes the latest year that is not in the future", () => {
    const line = "Jun 14 15:16:01 box sshd[19]: failed";
    expect(read(syslog, line)).toEqual({
      message: "failed",
      timestamp: "2026-06-14T15:16:01Z",
      source: "sshd",
      metadata: { host: "box", pid: "19" },
    });
    expect(formatOf(line)).toBe("syslog");
  });

  it("takes last year for a month that is still to come", () => {
    const line = "Dec 10 15:16:01 box sshd[19]: failed";
    expect(read(syslog, line)).toEqual({
      message: "failed",
      timestamp: "2025-12-10T15:16:01Z",
      source: "sshd",
      metadata: { host: "box", pid: "19" },
    });
    expect(formatOf(line)).toBe("syslog");
  });

  it("takes a leap year for 29 February", () => {
    const line = "Feb 29 15:16:01 box cron: x";
    expect(read(syslog, line)).toEqual({
      message: "x",
      timestamp: "2024-02-29T15:16:01Z",
      source: "cron",
      metadata: { host: "box" },
    });
    expect(formatOf(line)).toBe("syslog");
  });

  it("reads priority as level and facility", () => {
    const line = "<34>Oct  1 22:14:15 box su: no";
    expect(read(syslog, line)).toEqual({
      message: "no",
      timestamp: "2026-10-01T22:14:15Z",
      level: "FATAL",
      source: "su",
      metadata: { host: "box", facility: 4 },
    });
    expect(formatOf(line)).toBe("syslog");
  });

  it("reads a process with a subsystem", () => {
    const line = "Jun 14 15:16:01 box sshd(pam_unix)[19]: unknown";
    expect(read(syslog, line)).toEqual({
      message: "unknown",
      timestamp: "2026-06-14T15:16:01Z",
      source: "sshd(pam_unix)",
      metadata: { host: "box", pid: "19" },
    });
    expect(formatOf(line)).toBe("syslog");
  });

  it("reads for whom macOS' process speaks", () => {
    const line = "Jul  1 09:29:02 mac sandboxd[12] ([345]): deny";
    expect(read(syslog, line)).toEqual({
      message: "deny",
      timestamp: "2026-07-01T09:29:02Z",
      source: "sandboxd",
      metadata: { host: "mac", pid: "12", actor: "[345]" },
    });
    expect(formatOf(line)).toBe("syslog");
  });

  it("keeps a text without a process whole", () => {
    const line = "Jul 17 04:08:23 box syslogd 1.4: restart.";
    expect(read(syslog, line)).toEqual({
      message: "syslogd 1.4: restart.",
      timestamp: "2026-07-17T04:08:23Z",
      metadata: { host: "box" },
    });
    expect(formatOf(line)).toBe("syslog");
  });

  it("reads the ISO times of rsyslog", () => {
    const line = "2024-01-02T03:04:05.006+01:00 box app[7]: hi";
    expect(read(syslog, line)).toEqual({
      message: "hi",
      timestamp: "2024-01-02T02:04:05.006Z",
      source: "app",
      metadata: { host: "box", pid: "7" },
    });
    expect(formatOf(line)).toBe("syslog");
  });

  it("leaves a priority that does not exist", () => {
    expect(read(syslog, "<192>Oct 11 22:14:15 box su: no")).toBeUndefined();
  });

  it("leaves a month that does not exist", () => {
    expect(read(syslog, "Foo 11 22:14:15 box su: no")).toBeUndefined();
  });
});
