import pytest
from pydantic import ValidationError

from fermata.domain.model import TaskKind, Tier
from fermata.models.settings import ModelSettings, TargetSettings, is_private_address


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("http://127.0.0.1:11434/v1", True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
        ("http://10.1.2.3/v1", True),
        ("http://192.168.0.5:1234", True),
        ("http://ollama:11434", True),
        ("http://gpu.lan:8000", True),
        ("http://vllm.models.svc:8000", True),
        ("https://api.openai.com/v1", False),
        ("https://openrouter.ai/api/v1", False),
        ("http://8.8.8.8", False),
        ("", False),
    ],
)
def test_private_address_is_told_by_its_text(url, private):
    """No name is looked up: it would ask the network at every start."""
    assert is_private_address(url) is private


@pytest.mark.parametrize(
    ("values", "local"),
    [
        ({"base_url": "http://127.0.0.1:1"}, True),
        ({"base_url": "http://127.0.0.1:1", "price": {"input_per_mtok": 1, "output_per_mtok": 2}}, False),
        ({"base_url": "http://127.0.0.1:1", "local": False}, False),
        ({"base_url": "https://llm.example.com"}, False),
        ({"base_url": "https://llm.example.com", "local": True}, True),
    ],
)
def test_local_is_what_costs_nothing(values, local):
    """A private address without a price, unless it is said otherwise: a proxy at home may well cost money."""
    assert TargetSettings.model_validate(values).is_local is local


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
        ("http://127.0.0.1:11434/", "http://127.0.0.1:11434/v1"),
        ("https://openrouter.ai/api/v1/", "https://openrouter.ai/api/v1"),
        ("https://openrouter.ai/api/v1/chat/completions", "https://openrouter.ai/api/v1"),
        ("http://127.0.0.1:8080/chat/completions/", "http://127.0.0.1:8080/v1"),
    ],
)
def test_address_without_a_path_gets_one(given, kept):
    """As people copy it from a browser."""
    assert TargetSettings(base_url=given).base_url == kept


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "needs its base_url"),
        ({"base_url": "127.0.0.1:11434"}, "write it like"),
        ({"base_url": "http://user:secret@host/v1"}, "more than an address"),
        ({"base_url": "http://host/v1?key=1"}, "more than an address"),
        ({"provider": "openai", "keys": ["k"]}, "name the model"),
        ({"provider": "openai", "model": "gpt"}, "needs a key"),
        ({"provider": "bedrock", "model": "m"}, "needs a region"),
        ({"base_url": "http://h", "local": True, "price": {"input_per_mtok": 1, "output_per_mtok": 1}}, "either local"),
        ({"base_url": "http://h", "keys": [" "]}, "the key is empty"),
        ({"base_url": "http://h", "keys": ["same", "same"]}, "two keys"),
        ({"base_url": "http://h", "modle": "x"}, "Extra inputs"),
    ],
)
def test_half_a_target_is_refused(values, message):
    """At the start, with what is missing, and not at the first incident."""
    with pytest.raises(ValidationError, match=message):
        TargetSettings.model_validate(values)


def test_two_targets_of_one_name_are_refused():
    """The ledger could not tell them apart; names do."""
    target = {"base_url": "http://h", "model": "m"}

    with pytest.raises(ValidationError, match="give them names"):
        ModelSettings.model_validate({"targets": [target, target]})
    named = ModelSettings.model_validate({"targets": [target, {**target, "name": "us"}]})
    assert [each.id for each in named.targets] == ["openai-compatible/m", "openai-compatible/us"]


def test_key_is_called_by_its_label_or_digest():
    """Never by itself."""
    target = TargetSettings.model_validate({"base_url": "http://h", "keys": ["sk-1", {"key": "sk-2", "label": "team"}]})

    labels = [key.get_label() for key in target.keys]

    assert labels[1] == "team"
    assert len(labels[0]) == 4
    assert "sk-" not in repr(target)


def test_deadlines_are_the_tiers_unless_set():
    """One number may be set alone; a slow target gets all of them longer, but never beyond ten minutes."""
    settings = ModelSettings.model_validate({"deadlines": {"high": {"first_byte_s": 40}}})

    high, low = settings.get_deadlines(Tier.HIGH), settings.get_deadlines(Tier.LOW, 10)

    assert (high.first_byte_s, high.stall_s) == (40, 60)
    assert (low.first_byte_s, low.answer_s, low.wait_s) == (20, 150, 2)
    assert settings.get_deadlines(Tier.HIGH, 100).answer_s == 600


def test_kind_may_begin_elsewhere():
    """What is not set keeps its tier."""
    tiers = ModelSettings.model_validate({"tiers": {"diagnose": "low"}}).get_tiers()

    assert (tiers[TaskKind.DIAGNOSE], tiers[TaskKind.DRAFT]) == (Tier.LOW, ModelSettings().get_tiers()[TaskKind.DRAFT])
    assert ModelSettings().get_tiers()[TaskKind.DIAGNOSE] is Tier.HIGH
