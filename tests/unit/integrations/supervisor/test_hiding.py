from fermata.integrations.supervisor.hiding import hide_settings


def test_settings_lose_their_secrets_and_nothing_else():
    """Within one line the harmless values stay."""
    line = """environment=A="1",AUTH='s3cr3t',DB_PASSWORD="hunter2-Vq8x",B=two"""

    hidden = hide_settings(line)

    assert "s3cr3t" not in hidden
    assert "hunter2" not in hidden
    assert hidden.startswith('environment=A="1",AUTH=')
    assert hidden.endswith(",B=two")
    assert hide_settings(hidden) == hidden
