// Somebody in the organization's namespace without a key of the record.
import { writeFileSync } from "node:fs";

const url = process.env["NEURALLOG_URL"] ?? "";

async function statusWith(headers: Record<string, string>): Promise<number> {
  const response = await fetch(`${url}/api/logs`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify([{ message: "not mine" }]),
  });
  return response.status;
}

const wrong = { authorization: `Bearer nl_${"0".repeat(43)}` };
writeFileSync(
  "/dev/termination-log",
  JSON.stringify({ none: await statusWith({}), wrong: await statusWith(wrong) }),
);
