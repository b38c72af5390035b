"""A mail account's password.

Mail accounts open more than mail: the reset link of every other account goes there.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.assignment import named
from skillconnect_ops.detection.model import Detector, Example, Kin

DETECTOR = Detector(
    id="smtp-password",
    what="mail password",
    severity=Severity.HIGH,
    remedy="change it, or better, use an app password that can be revoked alone",
    kin=Kin.NAMED,
    keywords=("smtp", "mail_pass", "mail_pwd", "mail_host_pass", "mailer_pass"),
    any_case=True,
    look=named(r"(?i)(?:smtp|mail)(?:er|gun|jet)?[\w.-]{0,24}(?:pass|pwd|secret)"),
    hits=(
        Example("SMTP_PASSWORD=<alnum 16>"),
        Example('MAIL_PASS: "<alnum 16>"'),
        Example("EMAIL_HOST_PASSWORD = '<alnum 16>'"),
    ),
    misses=(
        Example("SMTP_HOST=smtp.corp.io"),
        Example("SMTP_PASSWORD="),
    ),
)
