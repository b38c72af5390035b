"""Passwords of mail and dial-up programs.

.esmtprc, .msmtprc, .fetchmailrc, .muttrc, .mailrc, chap-secrets and their like: `password "…"`
without any operator.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example, Kin
from skillconnect_ops.detection.shapes import lines

DETECTOR = Detector(
    id="mail-client-file",
    what="password in a mail program's file",
    severity=Severity.HIGH,
    remedy="change it; these programs can ask a keyring instead",
    kin=Kin.NATURE,
    files=r"/[._]?(?:esmtprc|msmtprc|fetchmailrc|muttrc|mailrc|getmailrc|offlineimaprc|mbsyncrc|popfile\.cfg|chap-secrets|pap-secrets|wvdial\.conf|ssmtp\.conf|sasl_passwd)$",
    read=lines(
        rb"^(?![^\r\n]*eval)[^\r\n]{0,200}?\b"
        rb"(?:\w{0,12}_?pass(?:word)?|Pass|AuthPass)[ \t]*[ \t=][ \t]*[\"']?"
        rb"(?P<secret>[^\s\"'#]{2,200})"
    ),
    hits=(
        Example('username "me"\npassword "<alnum 10>"', ".esmtprc"),
        Example("poll a.io user me pass <alnum 9>", ".fetchmailrc"),
        Example("set smtp_pass = '<alnum 9>'", ".muttrc"),
    ),
    misses=(Example("passwordeval pass show mail", ".msmtprc"),),
)
