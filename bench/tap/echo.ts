// Sends back what it gets: over stdio, or over HTTP and WebSocket on a port of 127.0.0.1.
// node echo.ts stdio | node echo.ts <port>
import { createServer } from "node:http";

import { WebSocketServer } from "ws";

const [how] = process.argv.slice(2);
if (how === "stdio") process.stdin.pipe(process.stdout);
else {
  const server = createServer((request, answer) => {
    answer.setHeader("content-type", "application/json");
    request.pipe(answer);
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on("connection", (socket) => {
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  });
  server.listen(Number(how), "127.0.0.1");
}
