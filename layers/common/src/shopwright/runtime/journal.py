"""The log of this process: observability's logger with privacy's redactor at its gate."""

from functools import cache

from aws_lambda_powertools import Logger

from shopwright.observability import log
from shopwright.privacy.redactor import Use, redactor


@cache
def logger() -> Logger:
    """The one logger. Made on first use, since it reads its level and service name from the environment."""
    redact = redactor(Use.LOG)
    return log.logger(lambda text: redact.mask(text).text)
