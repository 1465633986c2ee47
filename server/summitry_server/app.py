"""The composition root: the only place that constructs parts and sets the order of their end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from google.protobuf.descriptor import ServiceDescriptor

from summitry.certificates import ServerCertificate
from summitry.kinds import CALENDAR, EVENTFUL, FEED
from summitry.sockets import bind
from summitry.v1 import (
    agenda_service_pb2,
    change_service_pb2,
    time_zone_service_pb2,
    transfer_service_pb2,
    write_service_pb2,
)
from summitry.web.feeds import feed_app
from summitry.web.feeds.serving import FeedServer
from summitry_server.clock import Clock, SystemClock
from summitry_server.config import Address, Config
from summitry_server.context import Backend
from summitry_server.databases import Databases
from summitry_server.demo import load_demo
from summitry_server.descriptors import connections
from summitry_server.feeding import StoreFeeds
from summitry_server.grpc_server.at_least import read_your_writes
from summitry_server.grpc_server.server import CONCERNS, GrpcServer, Service
from summitry_server.jobs.due import DueTime
from summitry_server.jobs.maintenance import DAY, Maintenance, compaction, expiry_of_requests
from summitry_server.jobs.purge import purging
from summitry_server.jobs.record_format import convert_records
from summitry_server.parsers.pool import Parsers
from summitry_server.services.agenda import AgendaService
from summitry_server.services.batches import WriteService
from summitry_server.services.calendars import CalendarService
from summitry_server.services.changes import ChangeService
from summitry_server.services.feed_tokens import FeedTokenRegistry
from summitry_server.services.feeds import FeedService
from summitry_server.services.rebase import follow_rules
from summitry_server.services.records import RecordService
from summitry_server.services.time_zones import TimeZoneService
from summitry_server.services.transfer import TransferService
from summitry_server.services.watch.hub import Hub, Limits
from summitry_server.services.watch.stream import Watches
from summitry_server.services.writing import ANSWER_SECONDS, once
from summitry_server.stopping import stop_together
from summitry_server.store import open_store
from summitry_server.store.contract import Store

# The part of the grace that is reserved for closing the store.
CLOSING_SHARE = 0.1
CLOSING_SECONDS = 0.2
# Shares of the connections that the descriptors allow; feed followers connect only for a moment.
GRPC_SHARE, FEED_SHARE = 0.6, 0.3


class Application:
    """A running service. Raises OSError when an address is taken, StoreError for the store."""

    def __init__(
        self,
        config: Config,
        *,
        store: Store | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Open the store, load the demo where it is asked for, and serve."""
        self._config = config
        self._store = store or open_store(config.store)
        self._grpc: GrpcServer | None = None
        self._feeds: FeedServer | None = None
        self._hub = Hub(_watch_limits(config))
        self._feed_tokens: FeedTokenRegistry | None = None
        self._maintenance = Maintenance(())
        self._parsers: Parsers | None = None
        self._certificate = ServerCertificate(config.tls) if config.tls else None
        self.grpc_address = config.grpc
        self.http_address = config.http
        try:
            databases = Databases(config.tzdb_dir, config.tzdb)
            clock = clock or SystemClock()
            keep = config.purge_after * DAY
            self.backend = Backend(self._store, databases, clock, config.retention, keep)
            self._start(self.backend)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop within the grace: drain, wait for the calls under way, and close the store.

        Health says NOT_SERVING first; then streams that wait for their other ends are ended.
        """
        grace = self._config.grace
        until = time.monotonic() + grace
        closing = max(CLOSING_SHARE * grace, CLOSING_SECONDS)
        parts = {"maintenance": self._maintenance.stop}
        if self._feeds is not None:
            parts["the feed server"] = self._feeds.stop
        if self._grpc is not None:
            self._grpc.drain()
            parts["the gRPC server"] = partial(self._grpc.stop, max(0.0, grace - 2 * closing))
        self._hub.stop()
        stop_together(parts, max(closing, grace - closing))
        last = {"the store": self._close_store}
        if self._parsers is not None:
            last["the readers of calendar files"] = self._parsers.stop
        stop_together(last, max(closing, until - time.monotonic()))

    def _close_store(self) -> None:
        if self._feed_tokens is not None:
            self._feed_tokens.close()
        self._store.close()

    def _start(self, backend: Backend) -> None:
        convert_records(self._store, backend.db)
        # Before anything is written: else a wrong clock would be compared with its own stamps.
        due = DueTime(self._store, backend.clock, trusted=self._config.trust_clock).now
        self._feed_tokens = FeedTokenRegistry(backend)
        records = _record_services(backend, self._feed_tokens)
        if self._config.demo and self._store.head() == 0:
            load_demo(backend, records)
        follow_rules(backend, self._config.rebase)
        if self._config.http is not None:
            self.http_address = self._serve_feeds(self._config.http, backend, self._feed_tokens)
        self._maintenance = Maintenance(
            (
                compaction(self._store, due, self._config.retention),
                expiry_of_requests(self._store, due, ANSWER_SECONDS),
                purging(backend, due),
                self._feed_tokens.flush,
            )
        )
        self._maintenance.start()
        self._store.subscribe(self._hub.wake)
        watches = Watches(backend, self._hub)
        parsers = self._parsers = Parsers(backend.db.version, self._config.tzdb_dir)
        services = _services(records, backend, parsers, watches)
        concerns = (*CONCERNS, lambda: read_your_writes(backend.snapshots, self._store.head))
        self._grpc = GrpcServer(services, self._store.head, connections(GRPC_SHARE), concerns)
        port = self._grpc.start(str(self._config.grpc), self._certificate)
        health = self._grpc.health
        self._store.follow_health(lambda state: health.set_serving(state.serving))
        self.grpc_address = self._config.grpc._replace(port=port)

    def _serve_feeds(
        self, address: Address, backend: Backend, tokens: FeedTokenRegistry
    ) -> Address:
        listener = bind(address.host, address.port)
        bound = address._replace(port=listener.getsockname()[1])
        source = StoreFeeds(backend, tokens)
        app = feed_app(
            source,
            zones=backend.db,
            clock=backend.clock.now,
            proxies=self._config.http_proxies,
            external_url=self._config.external_url,
        )
        feeds = FeedServer(app, listener, connections(FEED_SHARE), self._certificate)
        feeds.start()
        self._feeds = feeds
        return bound


def _record_services(backend: Backend, tokens: FeedTokenRegistry) -> dict[str, RecordService]:
    services = {kind.collection: RecordService(kind, kind.service, backend) for kind in EVENTFUL}
    calendars = CalendarService(CALENDAR.service, backend)
    feeds = FeedService(FEED.service, backend, tokens)
    return {CALENDAR.collection: calendars, **services, FEED.collection: feeds}


def _watch_limits(config: Config) -> Limits:
    return Limits(
        config.watchers, config.watchers_per_connection, config.heartbeat, config.send_timeout
    )


def _services(
    records: Mapping[str, RecordService], backend: Backend, parsers: Parsers, watches: Watches
) -> list[Service]:
    agenda = AgendaService(_descriptor(agenda_service_pb2), backend)
    changes = ChangeService(_descriptor(change_service_pb2), backend, watches)
    writes = WriteService(_descriptor(write_service_pb2), backend)
    transfer = TransferService(_descriptor(transfer_service_pb2), backend, parsers)
    zones = TimeZoneService(_descriptor(time_zone_service_pb2), backend)

    def served(
        service: RecordService | AgendaService | ChangeService | WriteService | TimeZoneService,
        *,
        by_revision: bool = True,
    ) -> Service:
        again = service.again if isinstance(service, RecordService) else {}
        methods = once(backend, service.service, service.methods(), again)
        return Service(service.service, methods, by_revision)

    return [
        # Tokens and their uses are in no revision, so answers about feeds are not cached by it.
        *(served(service, by_revision=service.kind is not FEED) for service in records.values()),
        served(agenda),
        # Its answers depend on compaction and on the time of now, which are in no revision.
        replace(served(changes, by_revision=False), streams=changes.streams()),
        served(writes),
        Service(transfer.service, transfer.methods()),
        served(zones, by_revision=False),  # its answers depend on the time of now
    ]


def _descriptor(module: object) -> ServiceDescriptor:
    """Return the one service of a generated module."""
    (service,) = module.DESCRIPTOR.services_by_name.values()  # type: ignore[attr-defined]
    return service  # type: ignore[no-any-return]
