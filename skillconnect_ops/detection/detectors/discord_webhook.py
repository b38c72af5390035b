"""A Discord webhook.

Whoever holds the address posts into the channel and may delete what the webhook posted.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import shaped

DETECTOR = Detector(
    id="discord-webhook",
    what="Discord webhook address",
    severity=Severity.MEDIUM,
    remedy="delete the webhook in the channel's settings",
    keywords=("discord.com/api/webhooks/", "discordapp.com/api/webhooks/"),
    look=shaped(rb"discord(?:app)?\.com/api/webhooks/\d{15,22}/(?P<secret>[A-Za-z0-9_-]{50,90})"),
    hits=(Example("https://discord.com/api/webhooks/<digits 18>/<alnum 68>"),),
    misses=(Example("https://discord.com/api/webhooks/<digits 18>"),),
)
