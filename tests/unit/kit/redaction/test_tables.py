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
        'user,password\nada,"not closed\n',
    ],
)
def test_what_is_no_table_of_secrets_stays(text):
    """A list of words with commas, an empty cell, a reference, and words that were counted."""
    assert redact(text).text == text


def test_long_row_of_names_costs_no_more_than_its_length():
    """Rows come from anybody."""
    text = "a" * 50_000 + "," + "b" * 50_000 + "\n" + "user,password\n" + "a,b\n" * 20_000

    began = time.process_time()
    redact(text)

    assert time.process_time() - began < 5
