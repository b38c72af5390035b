"""MongoDB Atlas over its Admin API: the `Accounts` port, and what an Atlas project adds."""

from skillconnect_ops.adapters.atlas.accounts import AtlasAccounts
from skillconnect_ops.adapters.atlas.api import ATLAS
from skillconnect_ops.adapters.atlas.patience import Limits

__all__ = ["ATLAS", "AtlasAccounts", "Limits"]
