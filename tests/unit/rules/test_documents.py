from fermata.domain.evidence import EvidenceLine
from fermata.rules.claims import Quote
from fermata.rules.documents import Document, DocumentForm, read_document
from fermata.testing.records import make_evidence

PODS = Document("pods", DocumentForm.KUBECTL, "NAME   READY\ncheckout-1   0/1\ncart-1   1/1", "kubectl get pods")


def test_found_words_are_quoted_with_their_whole_line():
    """A quote names the line's number, counted from 1."""
    assert PODS.find("0/1") == Quote("pods", 2, "checkout-1   0/1")
    assert PODS.find("cart-1") == Quote("pods", 3, "cart-1   1/1")


def test_earlier_word_wins_over_an_earlier_line():
    """Words come in the order of what they tell."""
    assert PODS.find("nothing", "cart-1", "NAME").line == 3
    assert PODS.find("nothing") is None


def test_document_keeps_the_numbers_of_its_source():
    """Lines that were cut out before do not shift those that stayed; a line feed inside a line does not either."""
    lines = (EvidenceLine(number=7, text="first\nhalf"), EvidenceLine(number=90, text="second"))
    evidence = make_evidence(lines=lines)

    document = read_document(evidence, DocumentForm.TEXT, [{"kind": "Pod"}])

    assert document.find("second") == Quote(evidence.id, 90, "second")
    assert document.find("half") == Quote(evidence.id, 7, "first half")
    assert (document.query, document.objects) == (evidence.query, ({"kind": "Pod"},))
    assert document.observed_at == evidence.observed_at
