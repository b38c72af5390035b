"""A Stripe secret key.

Live secret and restricted keys move money. Test keys do not, but show the test data, which is a
copy of the real data more often than it should be.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="stripe-key",
    what="Stripe secret key",
    severity=Severity.CRITICAL,
    remedy="roll the key in the Stripe dashboard with no grace period; read the request log",
    keywords=("sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_"),
    look=shaped(
        START
        + rb"(?:(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9+/=]{24,80})"
        + END
    ),
    hits=(
        Example("stripe.api_key = 'sk_live_<alnum 24>'"),
        Example("whsec_<alnum 32>"),
    ),
    misses=(
        Example("pk_live_<alnum 24>"),
        Example("sk_live_<alnum 4>"),
    ),
)
