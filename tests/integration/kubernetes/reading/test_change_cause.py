"""Why a revision was rolled out, as `kubectl --record` wrote it: its whole command, a secret on it included."""

import json
from datetime import timedelta

from fermata.flows.gather import gather as gather_all
from fermata.flows.meters import Meters

SECRET = "hunter2-Vq8x" + "Kk29"
CAUSE = f"kubectl set env deployment/checkout DB_PASSWORD={SECRET} --record=true"


async def test_secret_in_a_change_cause_never_comes_in(shop, make_system, make_scope):
    """The cause is the title of a change, and stays but for the secret."""
    shop.build()
    shop.roll("shop/checkout:1.5")
    for item in shop.cluster.list_kind("ReplicaSet", "shop"):
        shop.cluster.edit(
            item,
            lambda one: one["metadata"].setdefault("annotations", {}).update({"kubernetes.io/change-cause": CAUSE}),
        )
    scope = make_scope("kubernetes:deployment/shop/checkout")

    gathering = await gather_all(make_system().list_collectors(), scope, timedelta(seconds=30), Meters())

    changes = [item for item in gathering.evidence if item.kind == "change"]
    assert "kubectl set env deployment/checkout DB_PASSWORD=[redacted:" in changes[0].facts["title"]
    assert SECRET not in json.dumps(gathering.to_json())
