"""Tables whose first row names the columns: what stands below a password goes, the rest stays."""

import time

import pytest

from fermata.kit.redaction import redact


@pytest.mark.parametrize(
    ("text", "gone", "left"),
    [
        ("user,password\nada,hunter\nbob,correct horse\n", ["hunter", "correct"], ["ada", "bob", "user,password"]),
        ('"id";"passwd"\r\n1;"sem;icolon"\r\n2;\'x y\'', ["icolon", "x y"], ["1;", "2;"]),
        ("name\tapi_key\torder\nada\tq8Zk2\t7", ["q8Zk2"], ["ada", "\t7"]),
        ("word,token\nada,f81d4fae\n", ["f81d4fae"], ["ada"]),
        ("user,password\nada,3105\n", ["3105"], ["ada"]),
        ("name,token\nword,more\nuser,password\nada,hunter\n", ["hunter"], ["word,more", "ada"]),
        ("token,name\nword,ada\nid,password\nada,hunter\n", ["hunter"], ["word,ada"]),
        ("seen:\nuser,password\nada,hunter\nthat is all, folks, for now", ["hunter"], ["folks, for now"]),
    ],
)
def test_cell_below_the_name_of_a_secret_goes(text, gone, left):
    """Whatever parts the cells, quoted or not; rows end where they have another number of cells."""
    cleaned = redact(text).text

    assert not [word for word in gone if word in cleaned]
    assert not [word for word in left if word not in cleaned]
    assert redact(cleaned).text == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "user,password\n",
        "user,password",
        "user,password\nada,\nbob,***\neve,none\nmax,ab\nliv,--\nkim,${PW}\n",
        "user, password\nada, hunter\n",
        "user,mail\nada,hunter\n",
        "the user,password pair\nada,hunter\n",
        "user,password\nada;hunter\n",
        "token,count\nhello,12\nworld,3\n",
        "pod,secrets\nshop-1,db-credentials\n",
        "time,failures,password_resets\n10:00,512,310\n",
        'user,password\nada,"not closed\n',
    ],
)
def test_what_is_no_table_of_secrets_stays(text):
    """A list of words with commas, an empty cell, a reference, and words that were counted."""
    assert redact(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "a" * 50_000 + "," + "b" * 50_000 + "\n" + "user,password\n" + "a,b\n" * 20_000,
        "token,word\n" * 20_000,
        "token,a\na,token\n" * 10_000,
    ],
)
def test_long_table_costs_no_more_than_its_length(text):
    """Rows come from anybody, also such as each might be the first one."""
    began = time.process_time()
    redact(text)

    assert time.process_time() - began < 5
