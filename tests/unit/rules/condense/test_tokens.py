"""The count of tokens lies at or a little above what two public vocabularies count."""

# ruff: noqa: E501 - lines of logs are as long as they are.

import pytest

from fermata.rules.condense.tokens import count_tokens, weigh_tokens


# The larger count of cl100k_base and o200k_base, taken with bpe-openai 0.1.4 on 2026-11-25.
@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("2026-01-02 15:04:05,123 ERROR [orders] could not obtain connection to db-primary:5432 within 3000 ms", 33),
        (
            '{"ts": "2026-01-02T15:04:05.123456+00:00", "level": "error", "service": "cart", "msg": "token expired", "trace": "8f3a2b1c"}',
            56,
        ),
        (
            '10.0.3.17 - - [02/Jan/2026:15:04:05 +0000] "GET /items/4711?sid=9f8e7d6c5b4a HTTP/1.1" 503 512 "-" "Mozilla/5.0 (X11)"',
            69,
        ),
        ("\tat org.springframework.web.servlet.DispatcherServlet.doDispatch(DispatcherServlet.java:1067)", 18),
        ("kernel: [81234.131009] Killed process 4242 (java) total-vm:8123456kB, anon-rss:3987654kB, file-rss:0kB", 45),
        ("6f9619ff-8b86-d011-b42d-00cf4fc964ff 7d444840-9dc0-11d1-b245-5ffdce74fad2", 43),
        (
            "NqVwYS81VP7Hb1DX8pPd5khxE3pyIgKpaUnArl63XykWZeiNNCiia3anXn9k3ksu9mI4ROnl89Sm995ytbxAk7jqevt0MLaMRTvetw0tESulEETldq8b8Vw2",
            83,
        ),
        (
            "marznlm saobwft gdyholq lqiyods xyzljbn cgkqtle kiwrcjv kjfzcue xwjpfxb ctrmbhx tlioune bubzpkg exseuzn dfnlebn jeotfqo pwxkpij pmedmrf upkfcpi qzrqlcz zylwsvb",
            80,
        ),
        (
            "------------------------------------------------------------ [=====>      ] 42% ****************************************",
            11,
        ),
        ("THE QUICK BROWN FOX jumps over the lazy dog, and nobody minds.", 15),
    ],
)
def test_count_is_near_the_vocabularies(text, counted):
    """At most five per cent below, and not so far above that the budget goes to waste."""
    assert 0.95 * counted <= count_tokens(text) <= 1.6 * counted


def test_nothing_is_no_token():
    """An empty text costs nothing."""
    assert count_tokens("") == 0


def test_letters_of_other_alphabets_count_high():
    """Their parts are not known here, so they are counted by their bytes."""
    assert count_tokens("数据库连接失败") >= 7


def test_lines_that_are_added_up_are_no_fewer_tokens_than_the_page():
    """Rounding each line up would waste a line of the page; not rounding must not overrun it."""
    lines = [f"2026-01-02 15:04:05,{number} ERROR [orders] no route to db-{number}:5432" for number in range(100, 140)]

    added = sum(weigh_tokens(f"{line}\n") for line in lines)

    assert count_tokens("\n".join(lines)) <= added < sum(count_tokens(line) + 1 for line in lines) - 10
