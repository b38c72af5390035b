"""A Slack token.

Bot, user, app-level, configuration and workspace tokens begin with xox or xapp. A bot token reads
what the bot reads, often every channel.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="slack-token",
    what="Slack token",
    severity=Severity.HIGH,
    remedy="revoke it with auth.revoke or on the app's page; rotate the app's signing secret too",
    keywords=(
        "xoxb-",
        "xoxp-",
        "xoxa-",
        "xoxr-",
        "xoxs-",
        "xoxo-",
        "xoxe-",
        "xoxe.",
        "xoxc-",
        "xoxd-",
        "xapp-",
    ),
    look=shaped(
        START + rb"(?:xox[abeoprscd](?:-|\.xox[bp]-)[A-Za-z0-9-]{10,250}"
        rb"|xapp-\d-[A-Z0-9]{8,12}-\d{8,15}-[a-f0-9]{30,80})" + END
    ),
    hits=(Example("SLACK_TOKEN=xoxb-<digits 12>-<digits 12>-<alnum 24>"),),
    misses=(
        Example("xoxb-<digits 4>"),
        Example("xoxo, hugs and kisses"),
    ),
)
