"""What a function reads from its environment: declared per function, read on first use, never at import."""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Subclass it as `Environment` and name only what the function needs: `claims_table` reads CLAIMS_TABLE."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The declared variables and no others. A missing one raises pydantic's ValidationError, naming it."""
        source = os.environ if environ is None else environ
        return cls.model_validate({name: source[name.upper()] for name in cls.model_fields if name.upper() in source})


def variable(name: str) -> str | None:
    """One variable, where it decides which settings there are to read."""
    return os.environ.get(name)
