"""A WebSocket server that reads and forgets: how fast the sender is when nothing is done with its frames."""

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, serve


async def swallow(socket: ServerConnection) -> None:
    """Read until the peer has said how many frames it wrote, then give that number back."""
    count = 0
    async for frame in socket:
        count += 1
        if frame == "count":
            await socket.send(str(count))


async def main(port: int) -> None:
    """Serve until killed."""
    async with serve(swallow, "127.0.0.1", port, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
