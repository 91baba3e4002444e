"""Merges with a commit of their own: what they brought is told once, and since when the branch has held it."""

from datetime import timedelta
from types import MappingProxyType

import pytest

from fermata.testing.forges.shop import CODE, ONSET


def merge_into_main(rig, head, at, resolved=MappingProxyType({})):
    """Merge a branch as git does, and say so on the forge."""
    history, main = rig.shop.history, rig.shop.history.branches["main"]
    theirs = {path: history.commits[head].tree[path] for path in changed_since(history, rig.shop.first, head)}
    tree = {**history.commits[main].tree, **theirs, **resolved}
    merge = history.add(tree, (main, head), "Merge feature", author="Noor", at=at)
    history.branches["main"] = merge
    rig.add_request("feature", at, "merged", sha=merge)
    return merge


def changed_since(history, base, head):
    """Give the paths that a branch holds in another form than where it began."""
    before, after = history.commits[base].tree, history.commits[head].tree
    return [path for path in after if after[path] != before.get(path)]


@pytest.mark.parametrize("minutes", [2880, 12])
async def test_commits_of_a_merge_are_there_since_it_where_nothing_is_deployed(rig, minutes):
    """However old they are; the merge brings nothing else, and the request that it was made by is the same change."""
    history = rig.shop.history
    rig.fake.deployments.clear()
    history.branches["feature"] = rig.shop.first
    written = {"deploy/prod/new.yaml": "a: 1\n"}
    change = history.commit("feature", written, "Add new", at=ONSET - timedelta(minutes=minutes))
    other = history.commit("feature", {"services/other.py": "A = 7\n"}, at=ONSET - timedelta(minutes=11))
    merge = merge_into_main(rig, other, ONSET - timedelta(minutes=8))

    facts, evidence = await rig.collect()

    assert merge not in facts
    assert other not in facts
    assert facts[change]["changed_at"] == "2026-11-23T11:42:00Z"
    assert facts[rig.shop.guilty]["changed_at"] == "2026-11-23T11:30:00Z"
    (item,) = (one for one in evidence if one.facts["id"] == change)
    assert f"merged 2026-11-23T11:42:00.000Z with {merge[:10]}: Merge feature" in [line.text for line in item.lines]
    request = next(one for one in facts.values() if one["kind"] == "pull_request_merged" and one["sha"] == merge)
    assert request["commits"] == [other]


async def test_merge_with_lines_of_its_own_is_a_change_beside_its_branch(rig):
    """Whoever resolved a conflict wrote what no other commit holds."""
    history = rig.shop.history
    history.branches["feature"] = rig.shop.first
    change = history.commit("feature", {CODE: "x = 1\n"}, at=ONSET - timedelta(minutes=12))
    merges = [merge_into_main(rig, change, ONSET - timedelta(minutes=8), {CODE: ("100644", b"x = 2\n")})]

    facts, _ = await rig.collect()

    assert {change, *merges} <= set(facts)
