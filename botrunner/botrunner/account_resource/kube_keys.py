"""Keys of an account in a pod: the files of its mounted Secret (KU-11, KU-13).

The kubelet writes a new folder and moves the link ``..data`` to it, so both files are read from
one folder and never from two versions of the Secret:
https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod
"""

from dataclasses import dataclass
from pathlib import Path

from botapi.conditions import ConditionReason
from botrunner.exchanges.credentials import Credentials

FIELDS = ("apiKey", "apiSecret")
_LINK = "..data"


@dataclass(frozen=True, slots=True, kw_only=True)
class MountedKeys:
    """What is mounted: keys, or why there are none."""

    keys: Credentials | None = None
    problem: str = ""
    """With the remedy; never a value."""
    reason: str = ""
    """Of CredentialsReady."""


def read_mounted_keys(folder: Path, secret: str, namespace: str) -> MountedKeys | None:
    """The keys that are mounted now; ``secret`` and ``namespace`` are for the words.

    None while the kubelet is replacing them: the next look finds them whole.
    """
    try:
        place = (folder / _LINK).resolve(strict=True) if (folder / _LINK).exists() else folder
        names = {entry.name for entry in place.iterdir() if not entry.name.startswith("..")}
        values = {
            name: (place / name).read_text(encoding="utf-8").strip()
            for name in FIELDS
            if name in names
        }
    except FileNotFoundError:
        return None if folder.is_dir() else _missing(secret, namespace)
    except UnicodeDecodeError:
        return _incomplete(f"Secret {secret}: holds a key that is not text; write it plainly")
    except OSError as error:
        return _incomplete(f"Secret {secret}: cannot be read where it is mounted: {error.strerror}")
    if not names:
        return _missing(secret, namespace)
    missing = " and ".join(name for name in FIELDS if not values.get(name))
    if missing:
        return _incomplete(
            f"Secret {secret} of namespace {namespace}: {missing} is missing; add it to the "
            "Secret, it is picked up within two minutes"
        )
    return MountedKeys(keys=Credentials(api_key=values["apiKey"], api_secret=values["apiSecret"]))


def _missing(secret: str, namespace: str) -> MountedKeys:
    problem = (
        f"Secret {secret} is missing or empty in namespace {namespace}; create it with apiKey and "
        "apiSecret, it is picked up within two minutes"
    )
    return MountedKeys(problem=problem, reason=ConditionReason.SECRET_MISSING.value)


def _incomplete(problem: str) -> MountedKeys:
    return MountedKeys(problem=problem, reason=ConditionReason.KEY_MISSING.value)
