"""The API as a process of its own: killed database and orderly end."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx2
import psutil
import pytest

from engine.settings import Settings
from interfaces import compose
from interfaces.local.postgres import LocalPostgres
from tests.interfaces.http.city import NORTH, establish
from tests.interfaces.http.desk import COLLECT
from interfaces.tokens import issue
from engine import clock

PROGRAM = """
import sys
from pathlib import Path
from engine.settings import Settings
from interfaces.http.server import run
settings = Settings(data_dir=Path(sys.argv[2])).model_copy(update={"database_url": sys.argv[1], "port": 0})
run(settings, ready=lambda address: print(address, flush=True))
"""
