"""`python -m cdk.app`: one stage's four stacks, held to the security rules.

The stage is the context value `stage`, and `orchestrator` (`inline` or `agentcore`) takes its place of the stage's own.
"""

import json
import os
from dataclasses import replace

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

from cdk.parts.places import ROOT
from cdk.stacks.data import Data
from cdk.stacks.network import Network
from cdk.stacks.service import Service
from cdk.stacks.watch import Watch
from cdk.stages import Stage, stage

# What cfn-lint need not say about our templates.
_LINT = [
    "W3005",  # CDK repeats in DependsOn what a reference says already
    "W3010",  # zones are chosen by number, which it takes for names
    "W6001",  # the service re-exports addresses on purpose: whoever needs one finds all of them there
]


def build(app: App, of: Stage) -> None:
    """The four stacks of one stage, by how long they live."""
    network = Network(app, "Network", stage=of)
    data = Data(app, "Data", stage=of, network=network)
    service = Service(app, "Service", stage=of, network=network, data=data)
    watch = Watch(app, "Watch", stage=of, service=service)
    for stack in (network, data, service, watch):
        stack.template_options.metadata = {"cfn-lint": {"config": {"ignore_checks": _LINT}}}
    Tags.of(app).add("shopwright:stage", of.name)
    Validations.of(app).add_plugins(AwsSolutionsChecks(), ServerlessChecks())


def new_app(outdir: str | None = None) -> App:
    """An app with the settings of cdk.json, also when the CDK command line tool is not there to read them."""
    settings = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))
    return App(
        context=settings["context"],
        outdir=outdir or os.environ.get("CDK_OUTDIR") or str(ROOT / settings["output"]),
        analytics_reporting=False,
    )


def main() -> None:
    """Synthesize the stage that the context names (`dev` when it names none)."""
    app = new_app()
    chosen = stage(app.node.try_get_context("stage") or "dev")
    orchestrator = app.node.try_get_context("orchestrator") or chosen.orchestrator
    if orchestrator not in ("inline", "agentcore"):
        raise ValueError(f"There is no orchestrator {orchestrator!r}; choose inline or agentcore.")
    build(app, replace(chosen, orchestrator=orchestrator))
    app.synth()


if __name__ == "__main__":
    main()
