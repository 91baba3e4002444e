"""What tells, judged by the rest of the log: rare, new, bursting, ceased, asked for."""

import pytest

from fermata.rules.condense.scoring import score
from fermata.rules.condense.survey import Survey


def rank(lines, **hint):
    """Score a log; give its candidates, best first."""
    survey = Survey()
    survey.add_all(lines)
    return score(survey.close(), hint)


def best(lines, **hint):
    """Give the best line's text."""
    return rank(lines, **hint)[0].raw.decode()


def chatter(count):
    """Give ordinary lines."""
    kinds = ("INFO request {} served", "DEBUG cache hit for item {}", "INFO user logged in from 10.0.0.{}")
    return [kinds[number % 3].format(number % 250) for number in range(count)]


def around(*lines, before=200, after=100):
    """Put lines into the later part of ordinary ones."""
    return [*chatter(before), *lines, *chatter(after)]


def test_error_among_chatter_comes_first():
    """The plainest case."""
    assert best(around("ERROR dial tcp db:5432: connection refused")).startswith("ERROR dial")


def test_quiet_change_beats_routine_errors():
    """Where FATAL is everyday, the one INFO that is new tells more."""
    lines = [
        f"FATAL control stream closed {number}" if number % 3 == 0 else line for number, line in enumerate(chatter(300))
    ]
    lines.insert(200, "INFO Configuration reloaded successfully")

    assert best(lines) == "INFO Configuration reloaded successfully"


def test_flood_of_the_fault_beats_rare_noise():
    """A fault that repeats hundreds of times is found by its first line, not drowned by harmless one-offs."""
    lines = around(*(f"ERROR upstream {number} timed out" for number in range(300)), "INFO plugin abc registered")

    assert rank(lines)[0].line == 200


def test_burst_of_the_usual_is_told():
    """Lines that always came and now come ten times as often."""
    lines = [
        f"INFO lookup took {number} turns" if number % 40 == 0 or 450 < number < 500 else line
        for number, line in enumerate(chatter(600))
    ]

    first = next(item.why for item in rank(lines) if item.line == 0 and item.why.startswith("info"))

    assert "more often than before" in first


def test_line_that_ceases_is_kept_for_its_last_time():
    """A heartbeat that comes no more."""
    lines = [
        f"INFO lease renewed by worker seq={number}" if number % 5 == 0 and number < 300 else line
        for number, line in enumerate(chatter(600))
    ]

    candidate = next(item for item in rank(lines) if b"lease" in item.raw)

    assert (candidate.line, candidate.why) == (295, "comes no more after this")


def test_words_right_before_the_trouble_are_worth_more():
    """A harmless looking line tells more when the first error follows it."""
    lines = around("INFO loaded table 7", "ERROR order lost: no route", before=300)
    lines.insert(150, "INFO loaded list 7")

    table, listed = (next(item for item in rank(lines) if word in item.raw) for word in (b"table", b"list"))

    assert table.score > listed.score
    assert table.why.endswith("right before a trouble or a restart")


def test_last_words_before_a_restart_are_worth_more():
    """When the first lines of the log come again, what stands before them are last words."""
    banner = ["INFO starting server", "INFO reading settings", "INFO listening"]
    lines = [*banner, *chatter(150), "INFO loop has made no turn", *banner, *chatter(100)]

    assert best(lines) == "INFO loop has made no turn"


def test_frames_of_a_stack_give_way_to_its_cause():
    """Sixty frames are not sixty troubles."""
    stack = [f"\tat org.shop.{name}.run({name}.java:{line})" for line, name in enumerate(("Cart", "Web", "Db") * 5)]
    lines = around("ERROR request failed", *stack, "Caused by: java.io.IOException: pool exhausted", *stack)

    top = [item.raw.decode() for item in rank(lines)[:2]]

    assert "Caused by: java.io.IOException: pool exhausted" in top
    assert not any(line.startswith("\tat") for line in top)


def test_decoys_fall_behind():
    """What says itself that it does not matter goes behind what does not."""
    ranked = [item.raw for item in rank(around("WARN flag x is deprecated", "WARN tenant shed"))]

    assert ranked.index(b"WARN tenant shed") < ranked.index(b"WARN flag x is deprecated")


@pytest.mark.parametrize(
    ("hint", "first"), [({}, "cart"), ({"service": "search"}, "search"), ({"service": "nobody"}, "cart")]
)
def test_lines_of_the_asked_service_come_first(hint, first):
    """A service that only some lines name weighs; one that nobody names changes nothing."""
    lines = around("ERROR [cart] disk failure, giving up", "WARN [search] index is slow")

    assert f"[{first}]" in best(lines, **hint)


def test_path_names_a_service_only_where_nothing_else_does():
    """A class path that holds the name is a weaker sign than the name as a word of its own."""
    dotted = around("ERROR c.shop.cart.Main gone")
    both = around("ERROR c.shop.cart.Main gone", "INFO cart: added 5")

    def ask(lines, **hint):
        return next(item.score for item in rank(lines, **hint) if b"c.shop.cart" in item.raw)

    assert ask(dotted, service="cart") > ask(dotted)
    assert ask(both, service="cart") < ask(both)


@pytest.mark.parametrize("name", ["cart-7d9f8b-x2x9z", "cart", "[cart]", "svc=cart", "calling cart."])
def test_service_is_found_in_the_name_of_its_pod(name):
    """A pod, a container and a sentence name their service; another service that only begins alike is not it."""
    lines = around(f"ERROR {name} is gone", "ERROR cartography is gone")

    first, second = (item.raw.decode() for item in rank(lines, service="cart")[:2])

    assert name in first
    assert "cartography" in second


def test_level_that_is_written_all_the_time_says_less():
    """A new FATAL is worth less in a log that is full of others."""
    lines = around("FATAL node card is gone")
    shouting = [f"FATAL stream {number} closed" if number % 3 == 0 else line for number, line in enumerate(lines)]

    calm, loud = (
        next(item for item in rank(log) if b"node card" in item.raw) for log in (lines, shouting[:200] + lines[200:])
    )

    assert calm.score > loud.score


def test_service_that_every_line_names_changes_nothing():
    """Then all scores are what they were."""
    lines = [f"[shop] {line}" for line in around("ERROR gone")]

    assert [item.score for item in rank(lines, service="shop")] == [item.score for item in rank(lines)]


def test_words_of_the_alert_count():
    """A trouble that the alert names is worth more than it was; the alert's everyday words change nothing."""
    lines = around("ERROR checkout is gone")

    asked, plain, everyday = (
        rank(lines, alert=alert)[0].score for alert in ("CheckoutErrorsHigh", "", "HighErrorRate")
    )

    assert asked > plain == everyday


@pytest.mark.parametrize("hint", [{"service": None, "alert": None}, {"alert": {"title": "CheckoutDown"}}])
def test_hint_may_be_anything(hint):
    """Callers pass on what an alert holds."""
    assert best(around("ERROR checkout is gone"), **hint) == "ERROR checkout is gone"


def test_drifting_number_is_kept_as_a_range():
    """Its first, last, lowest and highest line, each with its reason."""
    lines = chatter(300)
    for step in range(60):
        lines.insert(step * 6, f"INFO queue depth is {10 + step * step}")

    found = {item.raw.decode() for item in rank(lines)[:4]}

    assert {"INFO queue depth is 10", f"INFO queue depth is {10 + 59 * 59}"} <= found


def test_leap_is_kept():
    """One slow flush among forty; the counter before it is nothing to keep."""
    lines = chatter(300)
    for step in range(40):
        lines.insert(step * 7, f"INFO seq={step} flush took {90000 if step == 30 else 20 + step % 5} ms")

    first = rank(lines)[0]

    assert (first.raw, first.why) == (b"INFO seq=30 flush took 90000 ms", "its highest, by far")


def test_step_is_kept():
    """A count that was always the same and is another now."""
    lines = [f"INFO ready {3 if number < 55 else 2} replicas" for number in range(60)]

    (step,) = (item for item in rank(lines) if item.why == "a number that had always been the same changes")

    assert step.line == 55


def test_failed_requests_are_kept():
    """Two of 300 answers were 503: the first and the last of them."""
    lines = [f'"GET / HTTP/1.1" {503 if number in (150, 220) else 200} 17' for number in range(300)]

    kept = {item.line: item.why for item in rank(lines) if "5xx" in item.why}

    assert kept == {150: "answered 5xx, 2 times", 220: "the last answer of 5xx"}


def test_names_of_one_kind_are_judged_together():
    """Each user's line is rare; their kind is a matter of course."""
    names = ("ann", "bob", "eve", "joe", "kim", "lea", "max", "ned", "pam", "ray", "sam", "ted")
    lines = [
        f"INFO login of user {names[number % 12]} denied once" if number % 3 == 0 else line
        for number, line in enumerate(chatter(300))
    ]
    lines.insert(250, "INFO loaded table seven")

    assert best(lines) == "INFO loaded table seven"


def test_empty_log_has_no_candidates():
    """Nothing in, nothing out."""
    assert rank([]) == []


def test_what_sets_in_and_goes_on_beats_single_warnings():
    """A warning that never came before and then comes all the time tells more than those that come once."""
    odd = ("disk of tenant a lost", "cart of tenant b lost", "mail of tenant c lost", "list of tenant d lost")
    lines = chatter(400)
    for number, what in enumerate(odd):
        lines.insert(90 * (number + 1), f"WARN {what}")
    lines[250:] = [
        line for pair in zip(lines[250:], ["WARN session affinity lost"] * 154, strict=True) for line in pair
    ]

    assert best(lines) == "WARN session affinity lost"


def test_change_right_before_it_sets_in_is_asked_about_first():
    """Of two like changes the one before the trouble."""
    before = around("INFO secret a reloaded", before=150, after=150)
    lines = [*before, "INFO secret b reloaded", *(["WARN session affinity lost", "INFO request 1 served"] * 100)]

    early, late = (next(item for item in rank(lines) if name in item.raw) for name in (b"secret a", b"secret b"))

    assert late.score > early.score + 0.8


def test_last_words_of_a_log_are_worth_more():
    """People fetch a log when it has ended badly."""
    lines = around("ERROR order a lost", "INFO done", before=300)

    middle = next(item for item in rank(lines) if b"order" in item.raw)
    last = next(item for item in rank([*chatter(401), "ERROR order a lost"]) if b"order" in item.raw)

    assert last.score > middle.score


def test_extremes_are_of_all_shapes_of_a_kind():
    """Each thread logs the same number: the highest of them all is kept, not that of each."""
    threads = ("exec-a", "poller-b", "timer-c")
    lines = chatter(300)
    for step in range(90):
        waiting = 3 + max(0, 40 - abs(step - 45)) * 5
        lines.insert(step * 4, f"INFO [{threads[step % 3]}] pool stats: waiting={waiting} in the main pool")

    highest = [item for item in rank(lines) if item.why == "its highest"]

    assert b"waiting=203 " in highest[0].raw
    assert highest[0].score > 2 * highest[1].score


def test_falling_number_is_kept_for_its_lowest_first():
    """Free memory that shrinks: where it got to tells more than where it was."""
    lines = chatter(300)
    for step in range(60):
        lines.insert(step * 6, f"INFO free memory is {9000 - 140 * step} MB")

    first = rank(lines)[0]

    assert (first.raw, first.why) == (b"INFO free memory is 740 MB", "its lowest")


def test_single_lines_count_less_where_there_are_many():
    """In a log that is full of them none stands out."""
    words = "abcdefghijklmnopqrstuvwxyz"
    full = around(*(f"INFO {word}{word} came by the {word}" for word in words), "ERROR order lost")

    alone, among = (
        next(item for item in rank(log) if b"lost" in item.raw) for log in (around("ERROR order lost"), full)
    )

    assert among.score < alone.score


def test_causes_are_not_put_back_for_naming_no_service():
    """Who logged a stack stands some lines above its causes."""
    lines = around("ERROR [cart] request failed", "java.io.IOException: pool exhausted", "WARN [search] slow")

    def ask(service):
        return next(item.score for item in rank(lines, service=service) if b"IOException" in item.raw)

    assert ask("cart") >= 0.9 * ask("")


def test_part_of_a_package_is_a_weak_name_of_a_service():
    """Lines of libraries may be the service's own as well."""
    lines = around("ERROR c.shop.cart.Main gone", "WARN pool of 7 is slow")

    def ask(**hint):
        return next(item.score for item in rank(lines, **hint) if b"pool" in item.raw)

    assert ask() > ask(service="cart") > 0.8 * ask()


def whys(lines):
    """Give what is said of each line that is worth more than nothing much, best first."""
    return {item.raw.decode(): item.why for item in reversed(rank(lines)) if item.score > 1}


def test_pause_is_shown_by_the_lines_beside_it():
    """A heartbeat that stays away for a while and comes back: the last before, and the first after."""
    lines = [
        f"INFO position {number} written" if number % 10 == 0 and not 300 <= number < 450 else line
        for number, line in enumerate(chatter(800))
    ]

    told = whys(lines)

    assert told["INFO position 290 written"] == "does not come for a while after this"
    assert told["INFO position 450 written"] == "comes again"


def test_count_that_falls_is_shown_where_it_does():
    """The level of a number that wavers, and from some line on is far below."""
    lines = [
        f"INFO {5 if number > 700 else 40 + number % 7} members in group" if number % 10 == 0 else line
        for number, line in enumerate(chatter(800))
    ]

    turns = [item.line for item in rank(lines) if item.why == "a number goes where it never was"]

    assert turns == [710]


@pytest.mark.parametrize("kind", ["silence", "pause", "fall"])
def test_rare_line_counts_more_where_something_stops(kind):
    """What was said right before something steady was missed, beside the same said at any other time."""

    def tick(number):
        if kind == "fall":
            return f"INFO {5 if number > 500 else 40 + number % 7} members in group"
        is_there = number <= 500 or (kind == "pause" and number > 650)
        return f"INFO position {number} written" if is_there else "INFO user logged in from 10.0.0.7"

    lines = [tick(number) if number % 10 == 0 else line for number, line in enumerate(chatter(800))]
    lines.insert(504, "INFO profile b in use")
    lines.insert(250, "INFO profile a in use")

    scores = {item.raw.decode(): item.score for item in reversed(rank(lines))}

    assert scores["INFO profile b in use"] > scores["INFO profile a in use"] + 0.5


def test_rare_line_before_a_calm_flood_counts_more():
    """An onset needs no level: what goes on from some line on is one."""
    lines = around(*(f"INFO put request {number} back" for number in range(60)), before=400)
    lines.insert(396, "INFO origin list is short")
    lines.insert(120, "INFO origin list is long")

    scores = {item.raw.decode(): item.score for item in reversed(rank(lines))}

    assert scores["INFO origin list is short"] > scores["INFO origin list is long"] + 0.5


def test_name_that_is_new_is_no_news_where_names_are_many():
    """A peer that joins late, where peers have joined all along: the kind is judged, not the name."""
    lines = chatter(400)
    for number, name in enumerate(("alder", "birch", "cedar", "elder", "fir", "hazel", "larch", "maple")):
        lines.insert(40 * number + 30, f"INFO peer {name} joined the mesh")
    lines.insert(300, "INFO store was joined with the mesh")

    scores = {item.raw.decode(): item.score for item in reversed(rank(lines))}

    assert scores["INFO peer maple joined the mesh"] < 0.5 * scores["INFO store was joined with the mesh"]


def test_rare_lines_whose_likes_come_all_the_time_count_less():
    """A dozen warnings that differ by names are noise; the one of other words is not."""
    names = ("amber", "birch", "coral", "dune", "elm", "fern", "gale", "heron", "iris", "kelp", "linden", "moss")
    lines = chatter(600)
    for number, name in enumerate(names):
        lines.insert(20 + 48 * number, f"WARN client {name} sent an unknown field {names[number - 5]}")
    lines.insert(400, "WARN journal replay ends before its head")

    ranked = [item.raw.decode() for item in rank(lines)]

    assert ranked[0] == "WARN journal replay ends before its head"
    assert ranked[1].startswith("WARN client")


def test_value_that_is_missing_for_once_is_kept():
    """Assignments name shards all day; one names none."""
    lines = [
        f"INFO assignment {[number % 7]} in use" if number % 10 == 0 else line
        for number, line in enumerate(chatter(600))
    ]
    lines[400] = "INFO assignment [] in use"

    candidate = max((item for item in rank(lines) if item.line == 400), key=lambda item: item.score)

    assert candidate.why == "has no value where there was one"
    assert candidate.score > 2


def test_value_that_is_missing_from_the_start_is_no_news():
    """Only what had a value before can lose it."""
    lines = [
        f"INFO assignment {[number % 7]} in use" if number % 10 == 0 else line
        for number, line in enumerate(chatter(600))
    ]
    lines[10] = "INFO assignment [] in use"

    assert all(item.why != "has no value where there was one" for item in rank(lines))


def test_ordinary_lines_before_a_trouble_tell_little_of_it():
    """What comes all day long is no reason; a line that came for the first time may be."""
    lines = around("INFO leader is node-3 now", "ERROR dial tcp db:5432: connection refused")

    context = {item.raw: item.score for item in rank(lines) if item.why == "right before a trouble"}

    assert context.pop(b"INFO leader is node-3 now") > 2 * max(context.values())


def test_lines_of_the_same_kind_are_no_context_of_it():
    """A second thread's complaint before the first one's is not what led to it."""
    lines = [*chatter(300), *(f"ERROR [io-{name}] connection refused" for name in ("a1", "b2", "c3")), *chatter(200)]

    context = [item.raw for item in rank(lines) if item.why == "right before a trouble"]

    assert context
    assert not [raw for raw in context if b"refused" in raw]


def strew(lines):
    """Add a hundred lines that come once, no two of them alike."""
    for number in range(100):
        a, b = "bcdfghjklm"[number % 10], "bcdfghjklm"[number // 10]
        lines.insert(9 * number + 5, f"INFO {a}o{b}ax{b} {b}i{a}ot{a}")
    return lines


def test_what_stops_tells_more_where_being_rare_tells_nothing():
    """The fewer kinds stand out by it, beside those that come once; where a dozen stop, that is how the log is."""
    names = ["amber", "birch", "coral", "dune", "elm", "fern", "gale", "heron", "iris", "kelp", "linden", "moss"]

    def worth(kinds, finish=list):
        ticks = [f"INFO {name} by {names[number - 1]} done" for number, name in enumerate(names[:kinds])]
        lines = [
            ticks[number % kinds] if number % 2 == 0 and number < 500 else line
            for number, line in enumerate(chatter(900))
        ]
        return max(item.score for item in rank(finish(lines)) if item.sign == "stop")

    assert worth(1, strew) > 1.4 * worth(1)
    assert worth(11, strew) < 1.1 * worth(11)


def test_few_lines_near_each_other_stand_out_among_single_ones():
    """Three in a row, never before and never after; frames of a stack do so wherever they are."""
    lines = chatter(900)
    for at in (600, 606, 611):
        lines[at] = f"INFO cursor {at} behind head"
    lines[700:704] = [f"\tat com.shop.Cart.run{number}(Cart.java:{number})" for number in range(4)]

    (together,) = (item for item in rank(strew(lines)) if item.sign == "cluster")

    assert b"cursor" in together.raw
    assert together.score > max(item.score for item in rank(lines) if item.sign == "rare")
