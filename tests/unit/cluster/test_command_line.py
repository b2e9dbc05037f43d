"""What a person meets at the command line before there is any cluster."""

from unit.cluster.conftest import Clone


def test_help_teaches_the_first_steps(clone: Clone) -> None:
    shown = clone.run("--help").stdout

    assert "export KUBECONFIG=$PWD/.cluster/kubeconfig" in shown
    assert "CLUSTER=kind or CLUSTER=local" in shown


def test_status_without_a_cluster_says_how_to_get_one(clone: Clone) -> None:
    status = clone.run("status")

    assert status.returncode == 1
    assert status.stdout == "there is no cluster of this clone; bring it up: make cluster-up\n"


def test_an_error_is_one_line_and_a_failure(clone: Clone) -> None:
    refused = clone.run("up", CLUSTER="minikube")

    assert refused.returncode == 1
    assert refused.stderr == ("cluster: error: CLUSTER=minikube is unknown: it is kind or local\n")


def test_an_image_that_is_not_there_is_named_with_the_remedy(clone: Clone) -> None:
    refused = clone.run("load", "nowhere.tar")

    assert refused.returncode == 1
    assert "there is no image archive nowhere.tar; build it first: make image" in refused.stderr


def test_an_image_without_a_cluster_is_refused_with_the_remedy(clone: Clone) -> None:
    (clone.root / "image.tar").touch()
    refused = clone.run("load", "image.tar")

    assert refused.returncode == 1
    assert "no cluster is up; bring it up first: make cluster-up" in refused.stderr
