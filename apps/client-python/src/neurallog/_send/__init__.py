"""The ways to a service: sockets, HTTP, WebSocket, MCP, levels. Knows what a record is."""
