import os
import stat

import pytest

from hwgen import tools


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Let no test see the user's build cache, nor another test's."""
    monkeypatch.setenv("HWGEN_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def mock_tool(tmp_path, monkeypatch):
    """Return a function that puts a shell script on PATH under a tool's name."""
    folder = tmp_path / "mock-tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def make(name, body):
        path = folder / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        tools.find.cache_clear()
        return path

    tools.find.cache_clear()
    yield make
    tools.find.cache_clear()
