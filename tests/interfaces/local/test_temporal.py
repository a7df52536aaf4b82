"""The embedded Temporal server is found, started, killed and started again."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

from interfaces.local import temporal_program
from interfaces.local.errors import TemporalNotFound, TemporalNotStarted
from interfaces.local.temporal import SEARCH_ATTRIBUTES, LocalTemporal

REAL_PROGRAM = "#!/bin/sh\necho temporal version 1.5.1\n"
OTHER_PROGRAM = "#!/bin/sh\necho a linter\n"


@pytest.fixture
def server(data_folder: Path) -> Iterator[LocalTemporal]:
    server = LocalTemporal(data_folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose PATH and cache are empty; returns the folder on PATH."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return programs


def write_program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.temporal
def test_it_answers_at_the_same_address_after_being_killed(server: LocalTemporal) -> None:
    address, pid = server.address, server.pid
    server.kill()
    assert not server.answers()
    assert server.restart() == address
    assert server.answers()
    assert server.pid != pid


@pytest.mark.temporal
def test_starting_twice_is_one_server(server: LocalTemporal) -> None:
    pid = server.pid
    assert server.start() == server.address
    assert server.pid == pid


@pytest.mark.temporal
def test_a_port_in_use_is_an_error_with_the_log(server: LocalTemporal, data_folder: Path) -> None:
    port = int(server.address.rpartition(":")[2])
    second = LocalTemporal(data_folder, port, namespace="second")
    with pytest.raises(TemporalNotStarted, match=r"temporal\.log"):
        second.start(seconds=20)
    assert not second.alive()
    assert server.alive()


async def _search_attributes(address: str) -> dict[str, int]:
    client = await Client.connect(address)
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace="default")
    )
    return dict(answer.custom_attributes)


@pytest.mark.temporal
def test_the_shared_server_knows_the_search_attributes(temporal_address: str) -> None:

    assert SEARCH_ATTRIBUTES.keys() <= asyncio.run(_search_attributes(temporal_address)).keys()


def test_a_program_on_the_path_is_taken_first(nothing_installed: Path, tmp_path: Path) -> None:
    on_path = write_program(nothing_installed / "temporal", REAL_PROGRAM)
    write_program(tmp_path / "data" / "bin" / "temporal", REAL_PROGRAM)
    assert temporal_program.find_program(tmp_path / "data") == on_path


def test_another_program_of_that_name_is_passed_over(nothing_installed: Path, tmp_path: Path) -> None:
    write_program(nothing_installed / "temporal", OTHER_PROGRAM)
    kept = write_program(tmp_path / "data" / "bin" / "temporal", REAL_PROGRAM)
    assert temporal_program.find_program(tmp_path / "data") == kept


def test_a_program_built_before_is_found_in_the_cache(nothing_installed: Path, tmp_path: Path) -> None:
    name = f"temporal-{temporal_program.pinned_version()}"
    built = write_program(temporal_program.cache_dir() / name, REAL_PROGRAM)
    assert temporal_program.find_program(tmp_path / "data") == built


def test_a_build_by_go_is_kept_for_the_next_time(
    nothing_installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(temporal_program, "_start_once", _no_download)
    # Stands for the compiler: it writes the program at the place named after -o.
    compiler = '#!/bin/sh\nprintf "#!/bin/sh\\necho temporal version\\n" > "$6"\n/bin/chmod +x "$6"\n'
    write_program(nothing_installed / "go", compiler)
    said: list[str] = []
    built = temporal_program.find_program(tmp_path / "data", said.append)
    assert built == temporal_program.cache_dir() / f"temporal-{temporal_program.pinned_version()}"
    assert "Building" in said[-1]
    (nothing_installed / "go").unlink()
    assert temporal_program.find_program(tmp_path / "data") == built


def test_when_nothing_is_found_the_error_lists_what_was_tried(
    nothing_installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(temporal_program, "_start_once", _no_download)
    with pytest.raises(TemporalNotFound) as caught:
        temporal_program.find_program(tmp_path / "data")
    message = caught.value.message
    for part in (
        "PATH",
        "from before",
        "the SDK's download: no network",
        "Go is not installed",
        "TEMPORAL_ADDRESS",
    ):
        assert part in message


async def _no_download() -> None:
    raise RuntimeError("no network")
