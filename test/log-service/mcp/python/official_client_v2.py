"""The official Python client of the second generation: `pip install mcp websockets`, then docs/mcp.md has the command.

By hand and not in the suite, which needs no network. Prints what each transport saw in the newest protocol and in the
one with a handshake, and fails if one did not work. The client has no WebSocket of its own: it gets one here.
"""

import asyncio
import os
from contextlib import asynccontextmanager

import anyio
import httpx2
import mcp_types
import websockets
from mcp import StdioServerParameters
from mcp.client.client import Client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import SessionMessage

URL = os.environ["NEURALLOG_URL"]
KEY = os.environ["NEURALLOG_KEY"]
SOCKET_URL = os.environ.get("NEURALLOG_MCP_WS_URL")
HEADERS = {"Authorization": f"Bearer {KEY}"}


def stdio():
    env = {"NEURALLOG_URL": URL, "NEURALLOG_KEY": KEY, "PATH": os.environ["PATH"]}
    args = ["apps/log-service/src/main.ts", "mcp", "--stdio"]
    return stdio_client(StdioServerParameters(command="node_modules/.bin/node", args=args, env=env))


def http():
    return streamable_http_client(f"{URL}/mcp", http_client=httpx2.AsyncClient(headers=HEADERS))


@asynccontextmanager
async def websocket():
    put_in, incoming = anyio.create_memory_object_stream(0)
    outgoing, take_out = anyio.create_memory_object_stream(0)

    async def read(socket) -> None:
        async with put_in:
            async for text in socket:
                await put_in.send(SessionMessage(mcp_types.jsonrpc_message_adapter.validate_json(text)))

    async def write(socket) -> None:
        async for sent in take_out:
            await socket.send(sent.message.model_dump_json(by_alias=True, exclude_unset=True))

    connecting = websockets.connect(SOCKET_URL, subprotocols=["mcp"], additional_headers=HEADERS)
    async with connecting as socket, anyio.create_task_group() as both:
        both.start_soon(read, socket)
        both.start_soon(write, socket)
        yield incoming, outgoing
        both.cancel_scope.cancel()


async def see(name: str, transport, mode: str) -> None:
    async with Client(transport(), mode=mode) as client:
        tools = await client.list_tools()
        message = f"by the second Python client over {name}, {mode}"
        entry = {"component": "python", "level": "INFO", "message": message}
        logged = await client.call_tool("logger_log", entry)
        assert not logged.is_error, logged
        found = await client.call_tool("logger_query", {"component": "python", "search": message})
        assert found.structured_content["logs"][0]["message"] == message, found
        wrong = await client.call_tool("logger_query", {"trace_id": "x"})
        assert wrong.is_error and "trace_id" in wrong.content[0].text, wrong
        resources = await client.list_resources()
        prompts = await client.list_prompts()
        counts = f"{len(tools.tools)} tools, {len(resources.resources)} resources, {len(prompts.prompts)} prompts"
        print(f"{name}: {client.protocol_version}, {counts}; logged and found again")


async def main() -> None:
    transports = {"stdio": stdio, "Streamable HTTP": http}
    if SOCKET_URL is not None:
        transports["WebSocket"] = websocket
    for name, transport in transports.items():
        for mode in ("auto", "legacy"):
            await see(name, transport, mode)


asyncio.run(main())
