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
