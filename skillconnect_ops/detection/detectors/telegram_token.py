"""A Telegram bot token.

It reads what is written to the bot and answers in its name.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, shaped

DETECTOR = Detector(
    id="telegram-token",
    what="Telegram bot token",
    severity=Severity.HIGH,
    remedy="`/revoke` at @BotFather",
    keywords=(":AA",),
    look=shaped(rb"(?<=\d{8}):(?P<secret>AA[A-Za-z0-9_-]{33})" + END),
    hits=(Example("BOT_TOKEN=<digits 9>:AA<alnum 33>"),),
    misses=(
        Example("x:AA<alnum 33>"),
        Example("<digits 9>:AA<alnum 8>"),
    ),
)
