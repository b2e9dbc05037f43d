"""How kopf is told to watch: for ever, our kinds only, and nothing else of it."""

import itertools

import kopf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from botoperator.cluster.kinds import ACCOUNT, ACCOUNTS, EVENT, FEEDS, ROLE, STATEFUL_SET, Kind
from botoperator.handlers.watch_settings import EndlessBackoff, watch_settings


@given(most=st.floats(1, 60))
def test_a_request_is_repeated_for_ever_with_waits_that_are_bounded(most: float) -> None:
    """KU-16: kopf's own eight waits end the process after a minute."""
    waits = list(itertools.islice(EndlessBackoff(most), 500))

    assert len(waits) == 500
    assert all(0 < wait <= most for wait in waits)
    assert min(waits[20:]) >= most / 2


def test_every_use_of_a_backoff_begins_anew() -> None:
    backoff = EndlessBackoff()
    list(itertools.islice(backoff, 50))

    assert next(iter(backoff)) <= 0.5


def test_no_more_rights_are_asked_for_than_to_watch() -> None:
    settings = watch_settings(ACCOUNTS)

    assert settings.scanning.disabled
    assert settings.peering.standalone
    assert not settings.posting.enabled


def test_workers_are_not_limited() -> None:
    """With a limit kopf can wait for itself (nolar/kopf#1243)."""
    assert watch_settings(ACCOUNTS).queueing.worker_limit is None


def test_objects_are_not_copied_for_a_change_detection_that_is_not_used() -> None:
    """KU-10: by default kopf copies each object several times for each of its events."""
    persistence = watch_settings(ACCOUNTS).persistence
    body = kopf.Body({"metadata": {"name": "alice"}, "spec": {"a": 1}})

    assert persistence.diffbase_storage.build(body=body) == {}
    assert persistence.diffbase_storage.fetch(body=body) is None
    assert persistence.progress_storage.fetch(key=kopf.HandlerId("pods"), body=body) is None


def test_watches_end_before_the_client_gives_them_up() -> None:
    watching = watch_settings(ACCOUNTS).watching

    assert watching.server_timeout is not None
    assert watching.client_timeout is not None
    assert 300 <= watching.server_timeout < watching.client_timeout
    assert isinstance(watching.server_timeout, int)


def test_children_and_pods_are_selected_by_the_server_and_accounts_are_not() -> None:
    selectors = watch_settings(ACCOUNTS).watching.label_selectors

    assert len(selectors) == len(ACCOUNTS.kinds) - 1
    assert selectors["apps", "v1", "statefulsets"] == (
        "tradefleet.dev/account,app.kubernetes.io/managed-by=tradefleet-operator"
    )


def test_what_belongs_to_feeds_is_selected_by_their_label() -> None:
    """KU-12."""
    selectors = watch_settings(FEEDS).watching.label_selectors

    assert selectors["", "v1", "services"] == (
        "tradefleet.dev/feed,app.kubernetes.io/managed-by=tradefleet-operator"
    )


@pytest.mark.parametrize(
    ("kind", "namespace", "name", "subresource", "path"),
    [
        (ACCOUNT, None, "", "", "/apis/tradefleet.dev/v1alpha1/tradingaccounts"),
        (
            ACCOUNT,
            "clients",
            "alice",
            "status",
            "/apis/tradefleet.dev/v1alpha1/namespaces/clients/tradingaccounts/alice/status",
        ),
        (EVENT, "clients", "", "", "/api/v1/namespaces/clients/events"),
        (
            STATEFUL_SET,
            "clients",
            "alice",
            "",
            "/apis/apps/v1/namespaces/clients/statefulsets/alice",
        ),
        (ROLE, None, "", "", "/apis/rbac.authorization.k8s.io/v1/roles"),
    ],
)
def test_a_kind_knows_its_path(
    kind: Kind, namespace: str | None, name: str, subresource: str, path: str
) -> None:
    assert kind.path(namespace, name, subresource) == path
