"""A Razorpay key id.

The key id names the merchant and, live, sits beside the secret that moves money. Alone it is sent
to every browser, so this is a sign to look around.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import END, START, shaped

DETECTOR = Detector(
    id="razorpay-key",
    what="Razorpay key id",
    severity=Severity.MEDIUM,
    remedy="regenerate the key pair in the Razorpay dashboard if its secret leaked too",
    keywords=("rzp_live_", "rzp_test_"),
    look=shaped(START + rb"rzp_(?:live|test)_[A-Za-z0-9]{14}" + END),
    hits=(Example("RAZORPAY_KEY_ID=rzp_live_<alnum 14>"),),
    misses=(Example("rzp_live_<alnum 3>"),),
)
