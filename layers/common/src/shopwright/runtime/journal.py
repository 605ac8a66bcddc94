"""The log of this process: observability's logger with privacy's redactor at its gate.

Most of what is logged is said again and again, and the redactor takes a millisecond for each text: texts in which it
found nothing are remembered, a few of them, and those in which it found something never are.
"""

from functools import cache

from aws_lambda_powertools import Logger

from shopwright.observability import log
from shopwright.privacy.redactor import Use, redactor

_REMEMBERED, _LONGEST = 1000, 100


@cache
def logger() -> Logger:
    """The one logger. Made on first use, since it reads its level and service name from the environment."""
    redact = redactor(Use.LOG)
    clean: set[str] = set()

    def gate(text: str) -> str:
        if text in clean:
            return text
        masked = redact.mask(text).text
        if masked == text and len(text) <= _LONGEST and len(clean) < _REMEMBERED:
            clean.add(text)
        return masked

    return log.logger(gate)
