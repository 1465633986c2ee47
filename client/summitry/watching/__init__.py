"""Following changes: a watch that resumes after any break, and a sync for cron jobs.

    with Client() as client:
        view = View()
        for change in client.watch("calendars/astana-2024", initial=True, view=view):
            print(change.revision, change.name, change.name in view)

A follower gets each change once, in the order of revisions, for as long as it runs. After a restart
of its own process it resumes from a token: `TokenStore` says when that is saved. See
docs/changes.md.
"""

from summitry.watching.follower import Batch, WatchEvent
from summitry.watching.options import WatchOptions
from summitry.watching.token_files import TokenFile, TokenStore
from summitry.watching.views import View

__all__ = ["Batch", "TokenFile", "TokenStore", "View", "WatchEvent", "WatchOptions"]
