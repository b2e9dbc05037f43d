"""`tradefleet crds`: the definitions of the resources, generated from the models."""

from pathlib import Path
from typing import Annotated

import typer
import yaml

from botapi.definitions import definitions
from botapi.schema import Schema

_HEADER = "# Generated from the models in crds/botapi by `make crds`; changes by hand are lost.\n"


def crds(
    output_dir: Annotated[
        Path | None,
        typer.Option(
            "--output-dir",
            metavar="DIR",
            file_okay=False,
            help="Write one file for each definition into this folder instead of printing them.",
        ),
    ] = None,
) -> None:
    """Print the definitions (CRDs) of the resources as YAML.

    Install them with:  tradefleet crds | kubectl apply --server-side -f -
    """
    if output_dir is None:
        typer.echo("---\n".join(map(definition_text, definitions().values())), nl=False)
        return
    try:
        _write_definitions(output_dir)
    except OSError as error:
        typer.echo(f"tradefleet crds: cannot write to {output_dir}: {error.strerror}", err=True)
        raise typer.Exit(1) from None


def definition_text(definition: Schema) -> str:
    """One definition as the YAML text of its file."""
    text: str = yaml.safe_dump(definition, sort_keys=False, allow_unicode=True, width=100)
    return _HEADER + text


def _write_definitions(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, definition in definitions().items():
        path = folder / name
        path.write_text(definition_text(definition), encoding="utf-8")
        typer.echo(f"wrote {path}", err=True)
