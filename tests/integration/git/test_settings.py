"""Whatever the settings of a repository are, its commits are read the same."""

import pytest

from fermata.domain.facts import ChangeFacts


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("i18n.logOutputEncoding", "ISO-8859-1"),
        ("i18n.commitEncoding", "ISO-8859-1"),
        ("diff.orderFile", "/nonexistent"),
        ("diff.context", "0"),
        ("diff.interHunkContext", "9"),
        ("core.bigFileThreshold", "1"),
        ("log.follow", "true"),
        ("diff.suppressBlankEmpty", "true"),
        ("diff.algorithm", "patience"),
        ("diff.indentHeuristic", "false"),
        ("core.abbrev", "4"),
        ("diff.colorMoved", "default"),
        ("color.ui", "always"),
    ],
)
async def test_settings_of_the_repository_change_nothing_of_what_is_read(shop, name, value):
    """Its owner set them for eyes, and may have a file in mind that is not there any more."""
    shop.write("services/checkout.py", "".join(f"line {number}\n\n" for number in range(20)))
    shop.write("services/ä.py", "X = 1\n")
    shop.commit("Zwanzig Zeilen", hours_ago=0.1)
    shop.edit("services/checkout.py", "line 2\n", "Zeile 2\n")
    shop.edit("services/checkout.py", "line 17\n", "Zeile 17\n")
    shop.commit("Über Zeilen", hours_ago=0.05)
    before = await shop.collector("git.changes").collect(shop.make_scope("service/checkout"))

    shop.git("config", name, value)
    after = await shop.collector("git.changes").collect(shop.make_scope("service/checkout"))

    assert [(item.title, item.facts, item.lines) for item in after] == [
        (item.title, item.facts, item.lines) for item in before
    ]


async def test_other_commit_of_a_submodule_is_a_change_though_the_repository_ignores_them(shop):
    """What runs is made of it. Unseen, it would look like a commit that was taken back."""
    shop.git("update-index", "--add", "--cacheinfo", f"160000,{shop.head()},services/shared")
    shop.git("commit", "--quiet", "--message", "Use the shared code")
    shop.git("update-index", "--cacheinfo", f"160000,{shop.head()},services/shared")
    shop.git("commit", "--quiet", "--message", "Use newer shared code")
    shop.git("config", "diff.ignoreSubmodules", "all")
    collector = shop.collector("git.changes", services={"checkout": ["services/shared"]})

    newest, *_ = await collector.collect(shop.make_scope("service/checkout"))

    facts = ChangeFacts.from_json(newest.facts)
    assert ([file.path for file in facts.files], facts.taken_back_at) == (["services/shared"], None)
    assert facts.revertible
    assert any(line.text.startswith("+Subproject commit ") for line in newest.lines)
