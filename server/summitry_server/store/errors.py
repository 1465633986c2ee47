"""What storage raises; no driver's exception escapes an engine.

StoreError
+-- StoreUnavailableError   closed, locked, gone or failing: the outcome of a write may be unknown
+-- StoreFullError          no room on disk: writes are refused, reads go on
+-- StoreDamagedError       what is stored cannot be trusted: restore a backup
+-- StoreVersionError       the file was written by a newer version of Summitry
+-- NameTakenError(name)    a row of that name exists (perhaps a deleted one)
+-- UidTakenError(uid)      another row has that uid

The text of what is raised by an open store names no file and no content, so that it may be passed
on to whoever called. `engine` holds the text of the engine, for the log alone.
"""


class StoreError(Exception):
    """Base of all storage errors."""

    def __init__(self, message: str, engine: str = "") -> None:
        super().__init__(message)
        self.engine = engine


class StoreUnavailableError(StoreError):
    """The store is closed, locked, gone or failing."""


class StoreFullError(StoreError):
    """There is no room left; nothing of the write is kept."""


class StoreDamagedError(StoreError):
    """The store is damaged: trying again does not help."""


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
