"""The built-in cluster as its tests handle it: by its command line and its own kubectl."""

import http.client
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from cluster import anchor as anchors
from cluster import leftovers, processes
from cluster.archive import write_image
from cluster.load import load_image, loaded_images
from cluster.packages import TEST_PACKAGES, require
from cluster.paths import BIN, KUBECONFIG, PIDS, REPOSITORY, STATE

COMPONENTS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "containerd",
    "kubelet",
    "kube-proxy",
    "coredns",
)
IMAGE = "localhost/tradefleet-test-busybox:1"
NAMESPACE = "local-cluster-test"


def cluster(*arguments: str, clone: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    """`python -m cluster ARGUMENTS` as a person runs it in CLONE."""
    return subprocess.run(
        [sys.executable, "-m", "cluster", *arguments],
        cwd=clone,
        env={**os.environ, "PYTHONPATH": str(clone / "tests"), "CLUSTER": "local"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def up(clone: Path = REPOSITORY) -> str:
    """Bring the cluster up; what was said on the way."""
    done = cluster("up", clone=clone)
    assert done.returncode == 0, done.stderr
    return done.stderr


def kubectl(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """kubectl of the cluster, and of no other one."""
    return subprocess.run(
        [BIN / "kubectl", f"--kubeconfig={KUBECONFIG}", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
    )


def told(*arguments: str, stdin: str = "") -> str:
    """What kubectl answers; it has to succeed."""
    done = kubectl(*arguments, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pid_of(component: str) -> int:
    """The process that runs COMPONENT."""
    stored = processes.load(PIDS / f"{component}.json")
    assert stored is not None
    return stored[0].pid


def own_anchor() -> anchors.Anchor:
    """The running node."""
    anchor = leftovers.own_anchor()
    assert anchor is not None
    return anchor


def kill(process: processes.Process) -> None:
    """kill -9, and wait until it is gone."""
    os.kill(process.pid, signal.SIGKILL)
    process.wait_gone()


def restricted_pod(name: str, *command: str, labels: str = "{}") -> str:
    """A pod as the runner's: non-root, read-only, no privileges, a mounted Secret."""
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: {NAMESPACE}, labels: {labels}}}
spec:
  restartPolicy: {"Always" if labels != "{}" else "Never"}
  terminationGracePeriodSeconds: 0
  securityContext:
    {{runAsNonRoot: true, runAsUser: 65532, seccompProfile: {{type: RuntimeDefault}}}}
  containers:
  - name: main
    image: {IMAGE}
    command: {json.dumps(["/busybox", *command])}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {{drop: [ALL]}}
    volumeMounts: [{{name: keys, mountPath: /keys}}]
  volumes: [{{name: keys, secret: {{secretName: keys}}}}]
"""


def prepare() -> None:
    """A namespace that enforces `restricted`, and in it a pod that serves a Secret's file."""
    namespace = {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}
    objects = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": namespace},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "keys", "namespace": NAMESPACE},
            "stringData": {"index.html": "from the Secret"},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "namespace": NAMESPACE},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]},
        },
    ]
    told(
        "apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    )
    serve = ("httpd", "-f", "-p", "8080", "-h", "/keys")
    told("apply", "-f", "-", stdin=restricted_pod("web", *serve, labels="{app: web}"))
    wait("pod/web", "condition=Ready")


def wait(what: str, condition: str) -> None:
    """Until WHAT in the test's namespace has CONDITION."""
    told("-n", NAMESPACE, "wait", what, f"--for={condition}", "--timeout=90s")


def assert_the_cluster_works() -> None:
    """A fresh pod is scheduled, started, resolves a Service by name and is answered by its pod."""
    load_test_image()
    prepare()
    told("-n", NAMESPACE, "delete", "pod", "probe", "--ignore-not-found", "--wait")
    # Who asks in the first moment of a Service may be early: the shell tries for a while. A
    # connection begun before the Service's rules stood would hang for minutes: each has 2 s.
    get = "/busybox timeout 2 /busybox wget -qO- http://web"
    ask = f"for i in $(/busybox seq 60); do {get} && exit; /busybox sleep 0.5"
    told("apply", "-f", "-", stdin=restricted_pod("probe", "sh", "-c", f"{ask}; done; exit 1"))
    wait("pod/probe", "jsonpath={.status.phase}=Succeeded")
    assert told("-n", NAMESPACE, "logs", "probe") == "from the Secret"


def load_test_image() -> None:
    """The image of one busybox, unless the node has it."""
    if IMAGE in loaded_images():
        return
    require(*TEST_PACKAGES)
    archive = STATE / "busybox.tar"
    files = {"busybox": Path("/bin/busybox")}
    write_image(archive, name=IMAGE, files=files, entrypoint=["/busybox"])
    load_image(archive)


def web_addresses() -> tuple[str, str]:
    """Host and port of the test's Service and of its pod, as this machine reaches them."""
    web = ("-n", NAMESPACE, "get")
    service = told(*web, "service", "web", "-o", "jsonpath={.spec.clusterIP}")
    pod = told(*web, "pod", "web", "-o", "jsonpath={.status.podIP}")
    return service, f"{pod}:8080"


def answers(address: str) -> bool:
    """Whether the test's web server answers at ADDRESS; the API server is not asked."""
    connection = http.client.HTTPConnection(address, timeout=2)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read() == b"from the Secret"
    except OSError:
        return False
    finally:
        connection.close()
