import pytest

from fermata.integrations.supervisor.config_tree import read_config
from fermata.kit.errors import OperationalError, UserError


def write(root, **files):
    """Write configuration files; return the main one."""
    for name, text in files.items():
        (root / f"{name}.ini").write_text(text)
    return root / "main.ini"


def test_included_files_are_found_from_the_main_file(tmp_path):
    """Patterns are relative to it, `%(here)s` is its folder, and the order is supervisord's."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "b.ini").write_text("[program:b]\ncommand=b\n")
    (tmp_path / "conf.d" / "a.ini").write_text("[program:a]\ncommand=a\n")
    main = write(
        tmp_path,
        main="[include]\nfiles = conf.d/*.ini\n  %(here)s/extra.ini missing/*.ini\n",
        extra="[program:c]\ncommand=c\n",
    )

    config = read_config(main)

    assert [config.describe_path(file) for file in config.files] == [
        "main.ini",
        "conf.d/a.ini",
        "conf.d/b.ini",
        "extra.ini",
    ]
    assert config.find_program("c", "c").file.path.name == "extra.ini"


def test_processes_are_named_as_supervisord_names_them(tmp_path):
    """By template, number and group."""
    main = write(
        tmp_path,
        main="[program:web]\ncommand=x\nnumprocs=2\nnumprocs_start=1\nprocess_name=%(program_name)s_%(process_num)02d\n"
        "[program:api]\ncommand=x\n[group:shop]\nprograms=api, other\n[program:odd]\nprocess_name=%(ENV_X)s\n",
    )

    config = read_config(main)

    assert [(p.group, p.processes) for p in config.programs] == [
        ("web", ("web_01", "web_02")),
        ("shop", ("api",)),
        ("odd", ()),
    ]
    assert config.find_program("web", "web_03") is None


def test_program_written_twice_is_not_edited(tmp_path):
    """Supervisord joins the two; an edit of one might change nothing."""
    config = read_config(write(tmp_path, main="[program:a]\ncommand=x\n[program:a]\ncommand=y\n"))

    with pytest.raises(UserError, match="written 2 times"):
        config.find_program("a", "a")


def test_variables_are_expanded_and_the_programs_win(tmp_path):
    """What supervisord gives to all, and what the program says itself."""
    main = write(
        tmp_path,
        main='[supervisord]\nenvironment=A="1",B="%(here)s"\n'
        '[program:a]\ncommand=x\nenvironment=A="2%%",C="%(program_name)s-%(ENV_B)s"\n',
    )

    config = read_config(main)

    assert config.read_variables(config.programs[0], "a") == {"A": "2%", "B": str(tmp_path), "C": f"a-{tmp_path}"}


def test_expansion_that_is_not_known_is_said(tmp_path):
    """Supervisord's own environment is not ours to guess."""
    config = read_config(write(tmp_path, main='[program:a]\ncommand=x\nenvironment=A="%(ENV_HOME)s"\n'))

    with pytest.raises(ValueError, match="ENV_HOME"):
        config.read_variables(config.programs[0], "a")


def test_include_that_cannot_be_followed_is_an_operational_error(tmp_path):
    """A part of the configuration that is not seen could hold the program."""
    with pytest.raises(OperationalError, match="cannot be followed"):
        read_config(write(tmp_path, main="[include]\nfiles=%(ENV_DIR)s/*.ini\n"))


def test_file_that_is_missing_or_no_configuration_is_said(tmp_path):
    """With its path, and what to correct."""
    with pytest.raises(OperationalError, match="config_path"):
        read_config(tmp_path / "gone.conf")
    with pytest.raises(OperationalError, match="is no configuration"):
        read_config(write(tmp_path, main="x" * (1024 * 1024 + 1)))


def test_bytes_that_are_not_text_survive(tmp_path):
    """An edit gives every other byte back as it was."""
    main = tmp_path / "main.ini"
    main.write_bytes(b"; caf\xe9\r\n[program:a]\r\ncommand=x\r\n")

    (file,) = read_config(main).files

    assert file.encode(file.text) == main.read_bytes()


GROUP = "[program:a]\ncommand=%(program_name)s -x\n[program:b]\ncommand=b %(ENV_HOME)s\n[group:shop]\nprograms=a,b\n"


@pytest.mark.parametrize(
    ("old", "new", "is_other"),
    [
        ("command=b", "command=c", True),
        ("programs=a,b", "programs=a,b\npriority=2", True),
        ("[program:a]", "[supervisord]\nenvironment=A=1\n[program:a]", True),
        ("[program:a]", "[program:other]\ncommand=other\n[program:a]", False),
    ],
)
def test_version_of_a_group_is_that_of_all_that_comes_into_force(tmp_path, old, new, is_other):
    """Its programs, its own section and what every program inherits; not what others do."""
    before = read_config(write(tmp_path, main=GROUP)).compute_version("shop")
    after = read_config(write(tmp_path, main=GROUP.replace(old, new))).compute_version("shop")

    assert (before != after) is is_other


def test_command_is_expanded_where_that_is_known(tmp_path):
    """Supervisord's own environment is not ours to guess."""
    config = read_config(write(tmp_path, main=GROUP))

    assert [config.read_command(program, program.processes[0]) for program in config.programs] == ["a -x", None]
