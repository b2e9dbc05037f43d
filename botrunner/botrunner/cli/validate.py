"""`tradefleet validate`: every wrong field of a file, before anything is applied."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from botapi.faults import Fault
from botapi.labels import ACCOUNT_KIND, API_VERSION, GROUP
from botapi.parse import parse, strict_faults
from botapi.v1alpha1.account import TradingAccount
from botrunner.account_resource.documents import Document, DocumentError, read_documents

if TYPE_CHECKING:
    # What asks the venue is imported when it is asked: without it, no client is needed.
    from botrunner.cli.venue_check import Remark

_STDIN = "-"


class OutputFormat(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


class Verdict(StrEnum):
    """What came of a document."""

    VALID = "valid"
    INVALID = "invalid"
    SKIPPED = "skipped"
    """Nothing of ours, such as the Secret with the keys."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One wrong field, or a warning about a good one, with its line."""

    line: int
    path: str
    rule: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One document of one file, or the file itself where it cannot be read."""

    file: str
    line: int
    verdict: Verdict
    kind: str = ""
    namespace: str = ""
    name: str = ""
    findings: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    numbers: tuple[Finding, ...] = ()
    """What the venue says about it, with --venue."""
    account: TradingAccount | None = field(default=None, repr=False)
    """Of a valid document."""
    document: Document | None = field(default=None, repr=False)


def validate(
    files: Annotated[
        list[str],
        typer.Option(
            "--file",
            "-f",
            metavar="FILE",
            help="A file with TradingAccounts, - for standard input; may be given several times.",
        ),
    ],
    output: Annotated[
        OutputFormat, typer.Option("--output", "-o", help="How results are printed.")
    ] = OutputFormat.TEXT,
    venue: Annotated[
        bool,
        typer.Option(
            "--venue",
            help="Ask the exchange too, without a key: steps, limits, and what all levels need.",
        ),
    ] = False,
) -> None:
    """Name every wrong field of account files: its place, rule and remedy.

    The rules are those of the API server; neither a cluster nor an exchange
    is needed. With --venue the exchange's public data say whether it lists
    the symbol, which steps, minimum and leverage it has, and how much margin
    all levels on both sides would need. Other resources in the files, such
    as the Secret with the keys, are left alone.

    Exits with 0 when all accounts are valid, 1 when something is wrong.

    Example:  tradefleet validate -f examples/account-001.yaml --venue
    """
    checked = _refuse_twins([result for name in files for result in _check_file(name)])
    if venue:
        checked = [_check_at_venue(result) for result in checked]
    lines = _as_json(checked) if output is OutputFormat.JSON else _as_text(checked)
    for line in lines:
        typer.echo(line)
    if any(result.verdict is Verdict.INVALID for result in checked):
        raise typer.Exit(1)


def faults_of(files: Iterable[str]) -> list[str]:
    """Every wrong field of files as printed lines; empty when all accounts in them are valid."""
    checked = _refuse_twins([result for name in files for result in _check_file(name)])
    wrong = [result for result in checked if result.verdict is Verdict.INVALID]
    return [_line(result, finding, "") for result in wrong for finding in result.findings]


def _check_file(name: str) -> list[Checked]:
    try:
        text = sys.stdin.read() if name == _STDIN else Path(name).read_text(encoding="utf-8")
        checked = [_check(name, document) for document in read_documents(text)]
    except OSError as error:
        return [_unreadable(name, 1, f"cannot be read: {error.strerror}", "name a readable file")]
    except UnicodeDecodeError:
        return [_unreadable(name, 1, "is not text", "save it as UTF-8")]
    except DocumentError as error:
        return [_unreadable(name, error.line, error.rule, error.remedy)]
    if all(result.verdict is Verdict.SKIPPED for result in checked):
        return [*checked, _unreadable(name, 1, f"holds no {ACCOUNT_KIND}", "name another file")]
    return checked


def _unreadable(file: str, line: int, rule: str, remedy: str) -> Checked:
    finding = Finding(line=line, path="", rule=rule, remedy=remedy)
    return Checked(file=file, line=line, verdict=Verdict.INVALID, findings=(finding,))


def _check(file: str, document: Document) -> Checked:
    content = document.content if isinstance(document.content, Mapping) else {}
    metadata = content.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    faults = _faults(document)
    verdict = Verdict.SKIPPED if faults is None else Verdict.INVALID if faults else Verdict.VALID
    return Checked(
        file=file,
        line=document.line,
        kind=str(content.get("kind", "")),
        namespace=str(metadata.get("namespace", "default")),
        name=str(metadata.get("name", "")),
        verdict=verdict,
        findings=tuple(sorted(_locate(fault, document) for fault in faults or ())),
        warnings=tuple(_warnings(content, document)) if verdict is not Verdict.SKIPPED else (),
        account=parse(TradingAccount, content) if verdict is Verdict.VALID else None,
        document=document,
    )


def _faults(document: Document) -> tuple[Fault, ...] | None:
    """What is wrong with a document; None for one that is nothing of ours."""
    if not isinstance(document.content, Mapping):
        return (Fault(location=(), rule="is no resource", remedy="begin it with apiVersion"),)
    version, kind = document.content.get("apiVersion"), document.content.get("kind")
    if version is None or kind is None:
        missing = "apiVersion" if version is None else "kind"
        return (Fault(location=(missing,), rule="is required", remedy="add it"),)
    if kind == ACCOUNT_KIND:
        return strict_faults(TradingAccount, document.content)
    if str(version).partition("/")[0] == GROUP:
        remedy = f"write {ACCOUNT_KIND}"
        return (Fault(location=("kind",), rule=f"is unknown in {API_VERSION}", remedy=remedy),)
    return None


def _locate(fault: Fault, document: Document) -> Finding:
    line = document.line_of(fault.location)
    return Finding(line=line, path=fault.path, rule=fault.rule, remedy=fault.remedy)


def _warnings(content: Mapping[str, Any], document: Document) -> Iterator[Finding]:
    spec = content.get("spec")
    if isinstance(spec, Mapping) and spec.get("emergencyStop") is not None:
        yield _locate(
            Fault(
                location=("spec", "emergencyStop"),
                rule="in a file sets or undoes a stop whenever the file is applied again",
                remedy="leave it out, and stop with kubectl patch",
            ),
            document,
        )


def _check_at_venue(result: Checked) -> Checked:
    if result.account is None or result.document is None:
        return result
    from botrunner.cli.venue_check import ask_venue
    from botrunner.runtime.venues import VenueError

    document = result.document
    try:
        remarks = ask_venue(result.account)
    except VenueError as error:
        fault = Fault(location=("spec",), rule=str(error), remedy="try again, or without --venue")
        finding = _locate(fault, document)
        return replace(result, verdict=Verdict.INVALID, findings=(*result.findings, finding))
    located = [(remark, _locate(_fault_of(remark), document)) for remark in remarks]
    wrong = tuple(finding for remark, finding in located if remark.is_wrong)
    return replace(
        result,
        verdict=Verdict.INVALID if wrong else result.verdict,
        findings=(*result.findings, *wrong),
        warnings=(*result.warnings, *(f for remark, f in located if remark.is_warning)),
        numbers=tuple(f for r, f in located if not (r.is_wrong or r.is_warning)),
    )


def _fault_of(remark: "Remark") -> Fault:
    below = remark.field.split(".") if remark.field else []
    location: tuple[str | int, ...] = ("spec", "strategies", remark.place, *below)
    return Fault(location=location, rule=remark.rule, remedy=remark.remedy)


def _refuse_twins(checked: Iterable[Checked]) -> list[Checked]:
    seen: dict[tuple[str, str], Checked] = {}
    return [_refuse_twin(result, seen) for result in checked]


def _refuse_twin(result: Checked, seen: dict[tuple[str, str], Checked]) -> Checked:
    if result.verdict is Verdict.SKIPPED or not result.name:
        return result
    first = seen.setdefault((result.namespace, result.name), result)
    if first is result:
        return result
    twin = Finding(
        line=result.line,
        path="metadata.name",
        rule=f"is the account of {first.file}:{first.line} once more",
        remedy="give it another name or namespace",
    )
    return replace(result, verdict=Verdict.INVALID, findings=(*result.findings, twin))


def _as_text(checked: Iterable[Checked]) -> Iterator[str]:
    for result in checked:
        if result.name:
            who = f"{result.kind} {result.namespace}/{result.name}"
            yield f"{result.file}:{result.line}: {who}: {_VERDICTS[result.verdict]}"
        yield from (_line(result, finding, "") for finding in result.findings)
        yield from (_line(result, warning, "warning: ") for warning in result.warnings)
        yield from (_line(result, number, "") for number in result.numbers)


_VERDICTS: Mapping[Verdict, str] = {
    Verdict.VALID: "valid",
    Verdict.INVALID: "refused",
    Verdict.SKIPPED: "not checked here",
}


def _line(result: Checked, finding: Finding, mark: str) -> str:
    path = f"{finding.path}: " if finding.path else ""
    remedy = f"; {finding.remedy}" if finding.remedy else ""
    return f"{result.file}:{finding.line}: {mark}{path}{finding.rule}{remedy}"


def _as_json(checked: Iterable[Checked]) -> Iterator[str]:
    documents = [asdict(replace(each, account=None, document=None)) for each in checked]
    for document in documents:
        del document["account"], document["document"]
        if not document["numbers"]:
            del document["numbers"]
    valid = all(document["verdict"] is not Verdict.INVALID for document in documents)
    yield json.dumps({"valid": valid, "documents": documents}, indent=2)
