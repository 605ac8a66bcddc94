"""The language models that may be asked, as IAM names them: changes when Bedrock's names for models do."""

import tomllib

from aws_cdk import Aws

from cdk.parts.places import LANGUAGE_MODELS

_PROFILES = ("global", "us", "eu", "apac")  # how the id of an inference profile that spans regions begins


def arns() -> tuple[str, ...]:
    """The models of llm/models.toml, and for one that is reached through a profile the profile too."""
    found: list[str] = []
    for name in _ids():
        if model := _spanning(name):
            found.append(f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}:{Aws.ACCOUNT_ID}:inference-profile/{name}")
            found.append(f"arn:{Aws.PARTITION}:bedrock:*::foundation-model/{model}")
        else:
            found.append(f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}::foundation-model/{name}")
    return tuple(found)


def spanning() -> tuple[str, ...]:
    """Those that are reached through a profile, and answer in any of its regions."""
    return tuple(model for name in _ids() if (model := _spanning(name)))


def _ids() -> tuple[str, ...]:
    return tuple(row["id"] for row in tomllib.loads(LANGUAGE_MODELS.read_text(encoding="utf-8")).values())


def _spanning(name: str) -> str | None:
    prefix, _, model = name.partition(".")
    return model if prefix in _PROFILES else None
