"""Namespaces in which the operator of a release changes nothing, because a test plays its part.

The release looks after the whole cluster. Where a test runs an operator of its own, or writes what
an operator would, the two would overwrite each other for ever. So the API server refuses what the
release's operator wants to write in namespaces with `LABEL`, and lets it do everything elsewhere.
"""

from typing import Final

from support.kubectl import Kubectl, Manifest
from support.waiting import wait_until

LABEL: Final = "tradefleet.dev/test-operator"
_NAME: Final = "tradefleet-test-operator"
_RELEASE: Final = "system:serviceaccount:tradefleet:tradefleet-operator"

_POLICY: Final[Manifest] = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicy",
    "metadata": {"name": _NAME},
    "spec": {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "namespaceSelector": {"matchExpressions": [{"key": LABEL, "operator": "Exists"}]},
            "resourceRules": [
                {
                    "apiGroups": ["*"],
                    "apiVersions": ["*"],
                    "operations": ["*"],
                    "resources": ["*/*"],
                }
            ],
        },
        "validations": [
            {
                "expression": f"request.userInfo.username != '{_RELEASE}'",
                "message": "a test plays the operator in this namespace",
                "reason": "Forbidden",
            }
        ],
    },
}
_BINDING: Final[Manifest] = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicyBinding",
    "metadata": {"name": _NAME},
    "spec": {"policyName": _NAME, "validationActions": ["Deny"]},
}


def keep_out(clients: Kubectl) -> None:
    """Return once the release's operator cannot write in this namespace, which has the label.

    The policy stays in the cluster: other tests may be using it.
    """
    answer = clients.apply_as("tradefleet-tests", _POLICY, _BINDING, flags=("--force-conflicts",))
    assert answer.ok, answer.err
    wait_until(lambda: _is_kept_out(clients), "the policy is enforced", seconds=60)


def _is_kept_out(clients: Kubectl) -> bool:
    # The API server learns of policies and labels by watches of its own, a moment later.
    who = (f"--as={_RELEASE}", "--as-group=system:masters")
    answer = clients.run("create", "configmap", "probe", "--dry-run=server", *who)
    return not answer.ok and "a test plays the operator" in answer.err
