"""The clusters of a project, and whether each has taken over the last change of users."""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.adapters.atlas.api import AdminApi
from skillconnect_ops.adapters.atlas.errors import Rejected
from skillconnect_ops.adapters.atlas.patience import Patience
from skillconnect_ops.core.ports.atlas import AtlasCluster

DEDICATED = "2024-08-05"
"""The version whose list leaves no kind of cluster out (older ones: multi-cloud, asymmetric)."""
FLEX = "2024-11-13"
"""The first version that knows flex clusters, which have a list of their own."""
APPLIED = "APPLIED"


def clusters(
    api: AdminApi, project: str, *, patience: Patience | None = None
) -> Sequence[AtlasCluster]:
    """Every cluster, sorted by name; each that runs is asked for its state.

    Raises:
        Rejected: Atlas says no.
        DatabaseError: no answer, or none of Atlas.
    """
    found = {str(one.get("name")): one for one in _flex(api, project, patience)}
    listed = api.pages(
        "groups",
        project,
        "clusters",
        doing="list the clusters",
        version=DEDICATED,
        patience=patience,
    )
    found.update({str(one.get("name")): one for one in listed})
    states = [_state(api, project, name, found[name], patience) for name in sorted(found)]
    return [state for state in states if state is not None]


def _flex(api: AdminApi, project: str, patience: Patience | None) -> list[Mapping[str, Any]]:
    try:
        return api.pages(
            "groups",
            project,
            "flexClusters",
            doing="list the flex clusters",
            version=FLEX,
            patience=patience,
        )
    except Rejected as error:
        if error.status == 404:  # no such list, or no such project: the other one will tell
            return []
        raise


def _state(
    api: AdminApi,
    project: str,
    name: str,
    listed: Mapping[str, Any],
    patience: Patience | None,
) -> AtlasCluster | None:
    """The state of one cluster; None where it was deleted since it was listed."""
    if listed.get("paused") is True:
        return AtlasCluster(name=name, paused=True, applied=False)
    try:
        answer = api.call(
            "GET",
            "groups",
            project,
            "clusters",
            name,
            "status",
            doing=f"ask for the state of the cluster '{name}'",
            patience=patience,
        )
    except Rejected as error:
        if error.status == 404 and error.code == "CLUSTER_NOT_FOUND":
            return None
        raise
    said = answer.get("changeStatus") if isinstance(answer, dict) else None
    return AtlasCluster(name=name, paused=False, applied=said == APPLIED)
