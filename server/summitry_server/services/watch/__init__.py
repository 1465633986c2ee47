"""WatchChanges: tokens, pages shared by streams, and the hub that wakes them."""
