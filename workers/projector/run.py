"""Runs the projector as a process of its own; all that it does is in projections."""

from threading import Event

from engine import collector, log
from engine.errors import SettingsInvalid
from engine.handle import Engine
from engine.settings import Settings
from projections.projector import Projector
from workers import stopping


def run_projector(settings: Settings, stop: Event | None = None) -> None:
    """Keep the ledgers up to date until SIGTERM, SIGINT or `stop`.

    Raises:
        SettingsInvalid, KeyMissing, UnsafeServer, Unavailable: What is wrong with the installation.
        LedgersOutdated: ledgers_outdated, when the ledgers have the shape of a former release.
    """
    if settings.database_url is None:
        raise SettingsInvalid("DATABASE_URL is not set.")
    stop = stop or stopping.on_signals()
    engine = Engine.open(settings)
    try:
        collector.spare()
        log.get("projector").info("projector started")
        Projector(settings.database_url, engine.store, engine.rules.refresh).run(stop)
        log.get("projector").info("projector stopped")
    finally:
        engine.close()
