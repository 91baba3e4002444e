import pytest


@pytest.fixture
def write(tmp_path):
    """Give a function that writes the settings file and returns its path."""

    def write(text):
        file = tmp_path / "fermata.yaml"
        file.write_text(text)
        return file

    return write
