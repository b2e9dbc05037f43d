"""A Secret that is missing and one that is incomplete are told apart by their reasons (KU-1)."""

import pytest
import yaml

from botapi.conditions import ConditionReason
from botrunner.account_resource.reading import NOTHING, Wanted, read_text
from support.accounts import account

WANTED = Wanted(name="case", environment={}, started_with=None)


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (None, ConditionReason.SECRET_MISSING),
        ({"apiKey": "k"}, ConditionReason.KEY_MISSING),
        ({"apiKey": "k", "apiSecret": "s"}, ""),
    ],
)
def test_the_reason_says_whether_secret_or_key_is_missing(
    secret: dict[str, str] | None, reason: str
) -> None:
    documents = [account()]
    if secret is not None:
        name = {"name": documents[0]["spec"]["credentials"]["secretName"]}
        documents.append({"kind": "Secret", "metadata": name, "stringData": secret})

    assert read_text(yaml.safe_dump_all(documents), WANTED, NOTHING).keys_reason == reason
