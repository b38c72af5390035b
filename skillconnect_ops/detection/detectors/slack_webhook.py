"""A Slack incoming webhook.

Whoever holds the address posts into the channel, in the app's name: a ready-made way to phish a
team.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import shaped

DETECTOR = Detector(
    id="slack-webhook",
    what="Slack webhook address",
    severity=Severity.MEDIUM,
    remedy="remove the webhook on the Slack app's page and make a new one",
    keywords=("hooks.slack.com/",),
    look=shaped(
        rb"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9]{6,14}/[A-Za-z0-9]{6,20}/[A-Za-z0-9]{16,80}(?:/[A-Za-z0-9]+)?)"
    ),
    hits=(Example("https://hooks.slack.com/services/T<alnum 9>/B<alnum 9>/<alnum 24>"),),
    misses=(Example("https://hooks.slack.com/services/"),),
)
