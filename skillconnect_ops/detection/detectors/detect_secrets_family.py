"""What detect-secrets knows besides.

The regular expressions of its plugins for services that have no detector of their own here:
Artifactory, Cloudant, Discord bots, IBM Cloud, Mailchimp, SoftLayer. They run only on lines that
hold their keyword, and nothing is validated over the network.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.peer import peer

_PLUGINS = {
    "AKC": ("artifactory", "ArtifactoryDetector"),
    "cloudant": ("cloudant", "CloudantDetector"),
    "CLOUDANT": ("cloudant", "CloudantDetector"),
    "discord": ("discord", "DiscordBotTokenDetector"),
    "DISCORD": ("discord", "DiscordBotTokenDetector"),
    "ibm_cloud": ("ibm_cloud_iam", "IbmCloudIamDetector"),
    "IBM_CLOUD": ("ibm_cloud_iam", "IbmCloudIamDetector"),
    "ibm-cos": ("ibm_cos_hmac", "IbmCosHmacDetector"),
    "cos_hmac": ("ibm_cos_hmac", "IbmCosHmacDetector"),
    "-us1": ("mailchimp", "MailchimpDetector"),
    "-us2": ("mailchimp", "MailchimpDetector"),
    "-us3": ("mailchimp", "MailchimpDetector"),
    "-us4": ("mailchimp", "MailchimpDetector"),
    "-us5": ("mailchimp", "MailchimpDetector"),
    "-us6": ("mailchimp", "MailchimpDetector"),
    "-us7": ("mailchimp", "MailchimpDetector"),
    "-us8": ("mailchimp", "MailchimpDetector"),
    "-us9": ("mailchimp", "MailchimpDetector"),
    "softlayer": ("softlayer", "SoftlayerDetector"),
    "SOFTLAYER": ("softlayer", "SoftlayerDetector"),
}

DETECTOR = Detector(
    id="detect-secrets-family",
    what="service credential known to detect-secrets",
    severity=Severity.HIGH,
    remedy="revoke it at its service, and read it from the environment",
    keywords=tuple(_PLUGINS),
    look=peer(_PLUGINS),
    hits=(Example("MAILCHIMP=<hex 32>-us12"), Example('artifactory: "AKC<alnum 40>"')),
    misses=(Example("the region is eu-us1"), Example("AKC is a dog")),
)
