"""An address is told from a file by its ending, and known by the names that its configuration gives."""

import pytest

from fermata.rules.changes.diffs import FileKind, find_kind
from fermata.rules.changes.resources import read_address


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("aws_db_instance.orders", ("aws_db_instance.orders",)),
        ('module.shop["eu"].module.db.aws_db_instance.this[0]', ("aws_db_instance.this", "module.shop", "module.db")),
        ('data.aws_ami.web["a b"]', ("aws_ami.web",)),
        ("my_module.py", ()),
        ("db_pool.yml", ()),
        ("user_model.dart", ()),
        ("build_info.groovy", ()),
        ("aws_efs_file_system.fs", ("aws_efs_file_system.fs",)),
        ("config/a_b.c", ()),
        ("def total_of(x)", ()),
        ("", ()),
    ],
)
def test_address_is_read(text, parts):
    """By its own name and those of its modules."""
    assert read_address(text) == parts


def test_resource_is_a_setting():
    """What it is given has names."""
    assert find_kind("aws_db_instance.orders") is FileKind.SETTINGS
