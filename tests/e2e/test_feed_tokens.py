"""MD-8: tokens of the real cluster open a feed, judged by the keys that it publishes."""

import base64
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from botapi.feeds import FEED_AUDIENCE
from botrunner.marketdata.published_keys import ClusterKeySource
from botrunner.marketdata.tokens import TokenError, check_token, read_keys
from botrunner.service.clock import SystemClock
from support.kubectl import Kubectl

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def cluster() -> Kubectl:
    """The local cluster."""
    return Kubectl().within("default")


def now() -> datetime:
    """By this machine's clock, as a feed would have it."""
    return SystemClock().now()


def test_a_token_for_the_feeds_audience_is_good_and_says_whose_it_is(cluster: Kubectl) -> None:
    keys = read_keys(cluster.must("get", "--raw", "/openid/v1/jwks").encode())
    token = cluster.must("create", "token", "default", f"--audience={FEED_AUDIENCE}").strip()

    subject = check_token(token, keys, now(), audience=FEED_AUDIENCE)

    assert (subject.namespace, subject.account) == ("default", "default")
    assert subject.expires > now().timestamp()


def test_a_token_for_the_api_server_opens_no_feed(cluster: Kubectl) -> None:
    keys = read_keys(cluster.must("get", "--raw", "/openid/v1/jwks").encode())
    token = cluster.must("create", "token", "default").strip()

    with pytest.raises(TokenError, match="not for the audience"):
        check_token(token, keys, now(), audience=FEED_AUDIENCE)


def test_a_feed_reads_the_clusters_keys_as_its_own_service_account(
    cluster: Kubectl, tmp_path: Path
) -> None:
    """KU-12: every ServiceAccount may, by system:service-account-issuer-discovery."""
    config = yaml.safe_load(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]
    (tmp_path / "token").write_text(cluster.must("create", "token", "default"))
    (tmp_path / "ca.crt").write_bytes(base64.b64decode(config["certificate-authority-data"]))
    source = ClusterKeySource(url=f"{config['server']}/openid/v1/jwks", folder=tmp_path)
    token = cluster.must("create", "token", "default", f"--audience={FEED_AUDIENCE}").strip()

    assert check_token(token, read_keys(source()), now(), audience=FEED_AUDIENCE)
