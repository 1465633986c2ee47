"""The client: one channel to a server, typed records in and out.

    with Client("127.0.0.1:50051") as client:
        summit = client.get("calendars/astana-2024/summits/sco-24", Summit)
        for item in client.agenda("calendars/-", first_date="2024-07-03", time_zone="Asia/Almaty"):
            print(item.viewer_start, item.record.name)

A client is safe for use from several threads, and meant to live as long as the program: a
channel costs far more than a call. Errors are those of `summitry.errors`.
"""

from summitry._calls.sync.client import Client

__all__ = ["Client"]
