"""A small project that is built as tradefleet is."""

from pathlib import Path

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "tradefleet"
version = "{version}"
requires-python = ">=3.11"
scripts.tradefleet = "botapi:main"

[tool.hatch.build.targets.wheel]
packages = ["crds/botapi"]
"""


def write_project(folder: Path, *, version: str = "1.0", code: str = "main = print\n") -> Path:
    """A project of the same shape, small."""
    package = folder / "crds" / "botapi"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text(code)
    (folder / "pyproject.toml").write_text(PROJECT.format(version=version))
    return folder
