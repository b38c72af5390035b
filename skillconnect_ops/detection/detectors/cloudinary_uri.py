"""A Cloudinary URI.

`cloudinary://key:secret@cloud` gives the right to delete every image.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import uri

DETECTOR = Detector(
    id="cloudinary-uri",
    what="Cloudinary URI with its secret",
    severity=Severity.CRITICAL,
    remedy="rotate the password, and keep it in the .env alone",
    keywords=("cloudinary://",),
    look=uri(rb"cloudinary"),
    hits=(Example("CLOUDINARY_URL=cloudinary://<digits 15>:<alnum 27>@mycloud"),),
    misses=(Example("cloudinary://mycloud"),),
)
