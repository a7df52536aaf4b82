"""A benchmark ends with one JSON object that others can read figures and ratios from."""

import json
import os
import subprocess
import sys

import pytest

from tests.support.servers import ROOT


@pytest.mark.postgres
def test_append_ends_with_its_ratios_figures_spread_and_the_servers_settings() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, "-m", "bench", "append", "--quick", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert set(found) == {"name", "ratios", "figures", "spread", "settings"}
    assert found["name"] == "append"
    assert {"raw_16", "library_16"} <= set(found["ratios"])
    assert all(value > 0 for value in (*found["ratios"].values(), *found["figures"].values()))
    assert all(low <= high for low, high in found["spread"].values())
    assert (found["settings"]["fsync"], found["settings"]["synchronous_commit"]) == ("on", "on")
