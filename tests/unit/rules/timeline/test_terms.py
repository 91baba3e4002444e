from fermata.rules.timeline.terms import find_terms


def test_terms_are_what_a_text_is_about():
    """Names, numbers of changes and parts of compound names stay; common words, links and people do not."""
    found = find_terms("<@U1> the order-consumers of #812 fail, see https://x.example/redis")

    assert found == {"order-consumer", "order", "consumer", "812"}


def test_alert_name_falls_into_its_words():
    """`CheckoutHigh5xx` is about the checkout."""
    assert "checkout" in find_terms("CheckoutHigh5xx fires on the db")
    assert "db" in find_terms("CheckoutHigh5xx fires on the db")


def test_short_name_that_begins_with_a_digit_is_a_term():
    """`3DS` names something; amounts and times do not."""
    assert find_terms("3DS fails since 5pm, 9ms of 2GB on the 3rd with 5xx") == {"3ds"}


def test_name_behind_a_dot_is_a_term_of_its_own():
    """`api.error_rate` is `error_rate` to whoever measures it."""
    assert "error_rate" in find_terms("api.error_rate went up")
