"""Names of collections that a restore keeps beside the real ones until it is over."""

STAGED = "__skc_new_"
ASIDE = "__skc_old_"
KEPT = "skc_kept_"


def staged_name(token: str, number: int) -> str:
    """Where the restored collection is loaded; short, since a name may have 255 bytes at most."""
    return f"{STAGED}{token}_{number}"


def aside_name(token: str, number: int) -> str:
    """Where the old collection, or a time series' safety copy, waits to be dropped."""
    return f"{ASIDE}{token}_{number}"


def kept_name(token: str) -> str:
    """Where goes what somebody else put in the way; their data, so no name of `is_ours`."""
    return f"{KEPT}{token}"


def is_kept(name: str) -> bool:
    """Whether a restore kept it beside."""
    return name.startswith(KEPT)


def is_ours(name: str) -> bool:
    """Whether a collection belongs to a restore that is under way, or died."""
    return name.startswith((STAGED, ASIDE))
