import { once } from "node:events";
import { createServer } from "node:http";

/** Takes batches and counts their lines, as a log service answers. */
export async function startSink() {
  const server = createServer((request, response) => {
    let lines = 1;
    request.on("data", (chunk: Buffer) => {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines += 1;
    });
    request.on("end", () =>
      response.end(JSON.stringify({ accepted: lines, rejected: [], ids: [] })),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
