"""Group, kinds, field managers, labels and annotations: one table."""

from typing import Final

GROUP: Final = "tradefleet.dev"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
CATEGORY: Final = "tradefleet"
"""``kubectl get tradefleet`` lists every kind of the group."""

ACCOUNT_KIND: Final = "TradingAccount"
ACCOUNT_LIST_KIND: Final = "TradingAccountList"
ACCOUNT_SINGULAR: Final = "tradingaccount"
ACCOUNT_PLURAL: Final = "tradingaccounts"
ACCOUNT_SHORT: Final = "ta"
ACCOUNT_CRD: Final = f"{ACCOUNT_PLURAL}.{GROUP}"

OPERATOR_MANAGER: Final = "tradefleet-operator"
"""Field manager of the operator's part of a status, and of the children it applies."""
RUNNER_MANAGER: Final = "tradefleet-runner"
"""Field manager of the runner's part of a status."""

EMERGENCY_STOP_ANNOTATION: Final = f"{GROUP}/emergency-stop"
"""Any value but ``false`` stops the account; ``kubectl annotate --all`` reaches a whole fleet."""

ACCOUNT_LABEL: Final = f"{GROUP}/account"
"""On every child: the TradingAccount it belongs to, by `naming.label_value`."""
RESTART_FIELDS_ANNOTATION: Final = f"{GROUP}/restart-fields"
"""On a runner's pod: a hash of the fields it was started with that apply at a restart only."""
MODE_ANNOTATION: Final = f"{GROUP}/mode"
"""On a runner's pod: ``spec.mode`` as it was started with."""
NAME_LABEL: Final = "app.kubernetes.io/name"
COMPONENT_LABEL: Final = "app.kubernetes.io/component"
MANAGED_BY_LABEL: Final = "app.kubernetes.io/managed-by"
PART_OF_LABEL: Final = "app.kubernetes.io/part-of"

APPLICATION: Final = "tradefleet"
"""Value of the name label on everything of ours."""
PART_OF: Final = "tradefleet"
RUNNER_COMPONENT: Final = "runner"
SIMULATOR_COMPONENT: Final = "simulator"

HELM_RESOURCE_POLICY_ANNOTATION: Final = "helm.sh/resource-policy"
"""With ``keep``, uninstalling the chart leaves the definitions and every account in place."""
