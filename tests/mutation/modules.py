"""The modules in which a fault hurts most, and the tests that are to find it, the quickest first."""

from __future__ import annotations

from typing import NamedTuple


class Module(NamedTuple):
    """A module under mutation. Paths are relative to the repository and to tests/.

    A test may be that of a file alone: "store/test_log.py::test_time_rises".
    """

    path: str
    tests: tuple[str, ...]


_ZONES = ("zones/test_resolve.py", "zones/test_zone.py", "zones/test_days.py")
_STORE = (
    "store/test_sqlite.py",
    "store/test_groups.py",
    "store/test_requests.py",
    "store/test_writing.py",
)
_FEEDS = ("feeds/test_http.py", "feeds/test_bodies.py")

MODULES: dict[str, Module] = {
    "zones/civil": Module(
        "client/summitry/zones/civil.py",
        (*_ZONES, "zones/test_civil.py", "zones/test_vectors.py"),
    ),
    "zones/posix": Module(
        "client/summitry/zones/posix.py", ("zones/test_tzif.py", *_ZONES, "zones/test_judges.py")
    ),
    "zones/zone": Module(
        "client/summitry/zones/zone.py",
        (*_ZONES, "zones/test_rule_changes.py", "zones/test_database.py", "zones/test_judges.py"),
    ),
    "ical/text": Module(
        "client/summitry/ical/text.py",
        (
            "ical/test_text.py",
            "ical/test_injection.py",
            "ical/reading/test_reading.py",
            "ical/judges/test_jcal.py",
        ),
    ),
    "ical/vtimezone": Module(
        "client/summitry/ical/vtimezone.py", ("ical/test_vtimezone.py", "ical/test_readable.py")
    ),
    "feeds/requests": Module(
        "client/summitry/web/http/requests.py",
        ("feeds/test_negotiation.py", "feeds/test_origins.py", *_FEEDS),
    ),
    "feeds/secrets": Module(
        "client/summitry/web/feeds/secrets.py",
        ("feeds/test_known_secrets.py", "feeds/test_secrets.py"),
    ),
    "feeds/selection": Module(
        "client/summitry/web/content/selection.py",
        (
            "feeds/test_windows.py",
            "feeds/test_selection.py",
            "feeds/test_calendar_cache.py",
            "feeds/test_laws.py",
        ),
    ),
    "wire/limits": Module(
        "server/summitry_server/wire/limits.py",
        (
            "server/test_limits.py",
            "server/test_tables.py",
            "server/test_conflicts_work.py",
            "server/test_bad_input.py",
            "server/test_conflicts.py",
            "server/wire/test_walks.py",
        ),
    ),
    "domain/records/masks": Module(
        "server/summitry_server/domain/records/masks.py",
        (
            "server/test_map_masks.py",
            "server/test_times_in_text.py",
            "server/test_records.py",
            "server/test_deletion.py",
            "server/test_batches.py",
        ),
    ),
    "domain/search/page_tokens": Module(
        "server/summitry_server/domain/search/page_tokens.py",
        (
            "server/test_restore.py::test_a_page_token_of_a_lost_history_is_refused",
            "server/test_restore.py::test_a_page_token_of_the_common_history_goes_on",
            "server/test_records.py",
            "server/watching/test_tokens.py",
            "server/test_bad_input.py",
        ),
    ),
    "domain/time/times": Module(
        "server/summitry_server/domain/time/times.py",
        (
            "server/test_times.py",
            "server/test_former_dependencies.py",
            "server/test_records.py",
            "server/test_time_laws.py",
            "server/test_bad_input.py",
            "server/test_law_changes.py",
        ),
    ),
    "domain/time/law_changes": Module(
        "server/summitry_server/domain/time/law_changes.py",
        ("server/test_rebase_settles.py", "server/test_law_changes.py"),
    ),
    "domain/changes/views": Module(
        "server/summitry_server/domain/changes/views.py",
        (
            "server/test_changes.py",
            "server/watching/test_time.py",
            "server/watching/test_watching.py",
            "server/watching/test_views.py",
        ),
    ),
    "domain/changes/encoding": Module(
        "server/summitry_server/domain/changes/encoding.py",
        (
            "server/watching/test_watching.py",
            "server/watching/test_time.py",
            "server/test_changes.py",
        ),
    ),
    "domain/records/lifecycle": Module(
        "server/summitry_server/domain/records/lifecycle.py",
        (
            "server/test_life.py",
            "server/test_moves.py",
            "server/test_status_edits.py",
            "server/test_deletion.py",
        ),
    ),
    "domain/imports": Module(
        "server/summitry_server/domain/imports.py",
        (
            "transfer/test_imports.py",
            "transfer/test_sources.py",
            "transfer/test_import_properties.py",
            "transfer/test_calendars.py",
        ),
    ),
    "domain/records/feed_secrets": Module(
        "server/summitry_server/domain/records/feed_secrets.py", ("server/test_feeds.py",)
    ),
    "services/feed_tokens": Module(
        "server/summitry_server/services/feed_tokens.py",
        ("server/test_feeds.py", "server/test_feed_uses.py"),
    ),
    "services/writing": Module(
        "server/summitry_server/services/writing.py",
        ("server/test_request_ids.py", "server/test_dry_runs.py", "server/test_batches.py"),
    ),
    "store/sqlite/connections": Module(
        "server/summitry_server/store/sqlite/connections.py",
        ("store/test_connections.py", "store/test_interruption.py", *_STORE),
    ),
    "store/sqlite/group_commits": Module(
        "server/summitry_server/store/sqlite/group_commits.py", (*_STORE, "store/test_points.py")
    ),
    "store/log_time": Module(
        "server/summitry_server/store/log_time.py", ("store/test_log.py", "store/test_log_model.py")
    ),
    "grpc_server/server": Module(
        "server/summitry_server/grpc_server/server.py",
        (
            "server/grpc_server/test_pipeline.py",
            "server/grpc_server/test_threads.py",
            "server/grpc_server/test_health.py",
            "server/grpc_server/test_stop.py",
            "server/grpc_server/test_bounds.py",
            "server/test_process.py",
        ),
    ),
}
