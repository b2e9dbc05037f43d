"""The program `tradefleet-operator`."""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the operator's command line and give its exit code.

    This release carries the API types; reconciling is not in it, and the program says so rather
    than idling as if it watched accounts.
    """
    parser = argparse.ArgumentParser(
        prog="tradefleet-operator",
        description="The control plane of Tradefleet: runs in the cluster, installed by the chart.",
    )
    parser.add_argument("--version", action="version", version=version("tradefleet"))
    parser.parse_args(arguments)
    print(
        "tradefleet-operator: this release defines the TradingAccount and validates it; it does "
        "not reconcile yet, so nothing was started",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
