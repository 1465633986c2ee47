"""The asynchronous client: the methods of `summitry.client.Client`, awaited.

    async with AsyncClient() as client:
        async for item in client.agenda(first_date="2024-07-03", time_zone="Asia/Almaty"):
            print(item.viewer_start)

Use it within one event loop: grpc.aio knows only one in a process.
"""

from summitry._calls.aio.client import AsyncClient

__all__ = ["AsyncClient"]
