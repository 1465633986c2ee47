"""What storage raises; no driver's exception escapes an engine.

StoreError
+-- StoreUnavailableError   closed, locked or broken: try again later
+-- StoreFullError          no room on disk: writes are refused, reads go on
+-- StoreVersionError       the file was written by a newer version of Summitry
+-- NameTakenError(name)    a row of that name exists (perhaps a deleted one)
+-- UidTakenError(uid)      another row has that uid
"""


class StoreError(Exception):
    """Base of all storage errors."""


class StoreUnavailableError(StoreError):
    """The store is closed, locked or broken."""


class StoreFullError(StoreError):
    """There is no room left; nothing of the write is kept."""


class StoreVersionError(StoreError):
    """The store was written by a newer version."""


class NameTakenError(StoreError):
    """A row with this name exists already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"name taken: {name}")
        self.name = name


class UidTakenError(StoreError):
    """Another row has this uid."""

    def __init__(self, uid: str) -> None:
        super().__init__(f"uid taken: {uid}")
        self.uid = uid
