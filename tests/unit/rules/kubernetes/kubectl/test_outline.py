from hypothesis import given
from hypothesis import strategies as st

from fermata.rules.kubernetes.kubectl.outline import read_outline, read_pairs, read_selector

TEXT = """\
Name:         web
Labels:       app=web
              tier=front
Annotations:  <none>
Containers:
  server:
    Image:  web:1
    Args:
      --flag: on
        deeper
Conditions:
  Type    Status  Reason
  ----    ------  ------
  Ready   True
  Other   False   Because
Empty:
"""


def test_lines_nest_by_their_indentation():
    """A key's lines are those indented deeper."""
    root = read_outline(TEXT)

    assert root.get("Name") == "web"
    assert root.child("Containers").child("server").get("Image") == "web:1"
    assert root.child("Containers").child("server").child("Args").texts() == ["--flag: on", "deeper"]
    assert (root.has("Empty"), root.has("Missing")) == (True, False)
    assert (root.get("Empty"), root.get("Annotations"), root.child("Missing").texts()) == (None, None, [])


def test_pairs_go_on_below_their_key():
    """Labels stand one a line; what holds no pair is left out."""
    root = read_outline(TEXT)

    assert read_pairs(root.child("Labels")) == {"app": "web", "tier": "front"}
    assert read_pairs(root.child("Annotations")) == {}
    assert read_pairs(read_outline("A: a b=c\n   =d").child("A")) == {}


def test_tables_lose_their_header():
    """A row may have fewer cells than the header."""
    assert read_outline(TEXT).child("Conditions").rows() == [["Ready", "True"], ["Other", "False", "Because"]]


def test_selectors_of_equalities_are_read():
    """Others are left out."""
    assert read_selector("app=web,tier in (a,b)") == {"app": "web"}


@given(st.text(alphabet=st.sampled_from("ab: \n-<>="), max_size=200))
def test_every_line_is_kept(text):
    """Whatever a text is like, no line that says something is lost."""
    root = read_outline(text)

    assert root.texts() == [line.strip() for line in text.split("\n") if line.strip()]


def test_text_too_deep_is_laid_flat():
    """Depth costs nothing, however deep a text pretends to be."""
    text = "\n".join(" " * depth + "k:" for depth in range(3000))

    assert len(read_outline(text).texts()) == 3000
