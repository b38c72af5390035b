"""An OpenAI key.

Whoever holds it spends the owner's money. Project and service keys hold the mark T3BlbkFJ in
their middle.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="openai-key",
    what="OpenAI key",
    severity=Severity.HIGH,
    remedy="delete it on the API keys page; read the usage",
    keywords=("sk-proj-", "sk-svcacct-", "sk-admin-", "sk-"),
    look=shaped(
        START + rb"sk-(?:(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{40,200}"
        rb"|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"
        rb"|[A-Za-z0-9]{48})" + END
    ),
    hits=(
        Example("OPENAI_API_KEY=sk-proj-<alnum 64>"),
        Example("sk-<alnum 20>T3BlbkFJ<alnum 20>"),
    ),
    misses=(
        Example("sk-<alnum 8>"),
        Example("task-<alnum 48>"),
    ),
)
