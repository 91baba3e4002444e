"""Which issue belongs to which key."""

from fermata.ports.forge.issues.index import IssueIndex
from fermata.ports.forge.issues.records import Account, Issue
from fermata.ports.forge.issues.text import write_marker


class Session:
    """A repository with pages of two issues."""

    repository = "shop/shop"

    def __init__(self, *issues):
        self.issues = sorted(issues, key=lambda issue: -issue.number)
        self.pages = []

    async def find_self(self):
        """Give the account."""
        return Account("7", "fermata")

    async def list_own_issues(self, page):
        """Give a page."""
        self.pages.append(page)
        return self.issues[(page - 1) * 2 : page * 2]


def write(number, key, author="7"):
    """Return an issue of a key."""
    return Issue(number, "title", f"{write_marker(key)}\n\nwords", author, (), is_open=True)


async def test_issue_is_found_by_its_marker():
    """However many are newer; and the next look begins where this one ended."""
    session = Session(*(write(number, f"inc-{number}") for number in range(1, 8)))
    index = IssueIndex()

    assert await index.find(session, "inc-2") == 2
    assert session.pages == [1, 2, 3, 4, 5]
    assert await index.find(session, "inc-9") is None
    assert session.pages[5:] == [1]


async def test_first_of_two_with_one_key_counts():
    """Should there ever be two, all processes choose the same."""
    assert await IssueIndex().find(Session(write(3, "inc-1"), write(5, "inc-1")), "inc-1") == 3


async def test_marker_of_another_account_is_no_marker():
    """Anybody can write one."""
    assert await IssueIndex().find(Session(write(3, "inc-1", author="8")), "inc-1") is None


async def test_issue_is_known_by_its_number_until_it_is_gone():
    """Whatever its text says by now."""
    index = IssueIndex()
    index.note("shop/shop", "inc-1", 4)

    assert index.find_key("shop/shop", 4) == "inc-1"
    assert index.find_key("shop/other", 4) == ""
    index.forget("shop/shop", "inc-1")
    assert index.find_key("shop/shop", 4) == ""
