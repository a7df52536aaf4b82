"""The data directory is where it was asked for, except for root under a private folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from interfaces.local.data_dir import choose_data_dir, make_folder
from interfaces.local.errors import DataDirUnusable


@pytest.fixture
def private(data_folder: Path) -> Path:
    folder = data_folder / "private"
    folder.mkdir(mode=0o700)
    return folder / "data"


def test_without_a_setting_it_lies_in_the_working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ECHOWALL_DATA_DIR", raising=False)
    assert choose_data_dir(root=False).path == Path.cwd() / ".echowall"


def test_the_environment_names_it(monkeypatch: pytest.MonkeyPatch, data_folder: Path) -> None:
    monkeypatch.setenv("ECHOWALL_DATA_DIR", str(data_folder))
    assert choose_data_dir(root=True).path == data_folder.resolve()


def test_an_ordinary_user_may_keep_it_private(private: Path) -> None:
    chosen = choose_data_dir(private, root=False)
    assert (chosen.path, chosen.note) == (private.resolve(), "")


def test_for_root_a_private_folder_is_replaced_and_said_so_but_never_opened(private: Path) -> None:
    mode = private.parent.stat().st_mode
    chosen = choose_data_dir(private, root=True)
    assert chosen.path.parent == Path("/var/lib/echowall")
    assert str(chosen.path) in chosen.note
    assert str(private) in chosen.note
    assert choose_data_dir(private, root=True) == chosen
    assert private.parent.stat().st_mode == mode


def test_two_folders_of_root_never_share_data(private: Path) -> None:
    assert choose_data_dir(private, root=True).path != choose_data_dir(private / "b", root=True).path


def test_a_new_folder_can_not_be_read_by_others(data_folder: Path) -> None:
    make_folder(data_folder / "new")
    assert (data_folder / "new").stat().st_mode & 0o066 == 0


def test_a_folder_that_can_not_be_made_names_the_setting(data_folder: Path) -> None:
    (data_folder / "file").touch()
    with pytest.raises(DataDirUnusable, match="ECHOWALL_DATA_DIR"):
        make_folder(data_folder / "file" / "data")
