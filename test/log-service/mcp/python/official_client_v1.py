"""The official Python client of the first generation: `pip install 'mcp[ws]<2'`, then docs/mcp.md has the command.

By hand and not in the suite, which needs no network. Prints what each transport saw, and fails if one did not work.
"""

import asyncio
import os

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client
from mcp.client.websocket import websocket_client

URL = os.environ["NEURALLOG_URL"]
KEY = os.environ["NEURALLOG_KEY"]
# Of an endpoint (`mcp` role) that has a key of its own: this client can send none over a WebSocket.
SOCKET_URL = os.environ.get("NEURALLOG_MCP_WS_URL")


async def see(transport: str, streams: tuple) -> None:
    async with ClientSession(streams[0], streams[1]) as session:
        about = await session.initialize()
        tools = await session.list_tools()
        message = f"by the Python client over {transport}"
        entry = {"component": "python", "level": "INFO", "message": message}
        logged = await session.call_tool("logger_log", entry)
        assert not logged.isError, logged
        found = await session.call_tool("logger_query", {"component": "python", "search": message})
        assert [log["message"] for log in found.structuredContent["logs"]][0] == message, found
        wrong = await session.call_tool("logger_query", {"trace_id": "x"})
        assert wrong.isError and "trace_id" in wrong.content[0].text, wrong
        resources = await session.list_resources()
        prompts = await session.list_prompts()
        counts = f"{len(tools.tools)} tools, {len(resources.resources)} resources, {len(prompts.prompts)} prompts"
        print(f"{transport}: {about.protocolVersion}, {counts}; logged and found again")


async def main() -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with streamablehttp_client(f"{URL}/mcp", headers=headers) as streams:
        await see("Streamable HTTP", streams)
    server = StdioServerParameters(
        command="node_modules/.bin/node",
        args=["apps/log-service/src/main.ts", "mcp", "--stdio"],
        env={"NEURALLOG_URL": URL, "NEURALLOG_KEY": KEY, "PATH": os.environ["PATH"]},
    )
    async with stdio_client(server) as streams:
        await see("stdio", streams)
    if SOCKET_URL is not None:
        async with websocket_client(SOCKET_URL) as streams:
            await see("WebSocket", streams)


asyncio.run(main())
