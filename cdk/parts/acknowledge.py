"""How we say why a security finding stands: per construct, per finding, with a sentence."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Let these findings stand on this construct and below it. A finding that is not named here fails synthesis."""
    validations = Validations.of(construct)
    for finding, reason in reasons.items():
        if len(reason) < 40:
            raise ValueError(f"{construct.node.path}: give {finding} a real reason, not {reason!r}.")
        validations.acknowledge(Acknowledgment(id=finding, reason=reason))
