import asyncio


async def check(shop, **settings):
    """Return the doctor's findings: ok and text by name."""
    return {finding.name: (finding.ok, finding.text) for finding in await shop.system(**settings).check()}


async def test_working_repository_is_found_well(shop):
    """git, the repository and every path of the settings are there."""
    findings = await check(shop)

    assert all(ok for ok, _ in findings.values()), findings
    assert "mode working_copy" in findings["git: shop"][1]


async def test_each_fault_is_said_with_what_to_correct(shop, tmp_path):
    """No folder, no repository, a folder inside one, a path that HEAD does not have."""
    for settings, word in (
        ({"path": tmp_path / "gone"}, "path"),
        ({"path": tmp_path}, "path"),
        ({"path": shop.path / "services"}, "lies inside"),
        ({"services": {"checkout": ["services/gone.py"]}}, "services/gone.py"),
        ({"env_files": {"checkout": "gone.env"}}, "gone.env"),
    ):
        ok, text = (await check(shop, **settings))["git: shop"]
        assert not ok, settings
        assert word in text


async def test_repository_without_a_commit_is_told_as_that(shop, tmp_path):
    """One that was made a moment ago is neither a wrong path nor a missing right."""
    new = tmp_path / "new"
    making = await asyncio.create_subprocess_exec("git", "init", "--quiet", new)
    assert await making.wait() == 0

    ok, text = (await check(shop, path=new))["git: shop"]

    assert not ok
    assert text.startswith(f"{new} has no commit yet")


async def test_shallow_clone_is_told(shop, tmp_path):
    """Nothing came before the commit where it ends: what that one changed is not known."""
    clone = tmp_path / "clone"
    making = await asyncio.create_subprocess_exec("git", "clone", "--quiet", "--depth=1", f"file://{shop.path}", clone)
    assert await making.wait() == 0

    ok, text = (await check(shop, path=clone))["git: shop"]

    assert ok
    assert "a shallow clone" in text
