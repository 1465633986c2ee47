"""Settings of a store: kept by name, in no version and no log."""

import pytest


def values(store, *names):
    with store.read() as reader:
        return [reader.setting(name) for name in names]


def test_setting_is_kept_and_replaced(store, entry):
    assert values(store, "tzdb") == [""]
    for value in ("2023c", "2024a"):
        store.write(lambda writer, value=value: writer.put_setting("tzdb", value), entry)
        assert values(store, "tzdb", "other") == [value, ""]


def test_setting_takes_no_revision(store, entry):
    store.write(lambda writer: writer.put_setting("tzdb", "2023c"), entry)
    assert store.head() == 0


def test_setting_of_a_failed_write_is_lost(store, entry):
    def operation(writer):
        writer.put_setting("tzdb", "2023c")
        assert writer.setting("tzdb") == "2023c"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write(operation, entry)
    assert values(store, "tzdb") == [""]
