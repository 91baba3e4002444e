"""Bundles with a channel, for the flows that read them."""

import json

SECRET = "sk_live_" + "51HqT8eLkj3FvPqR2bnMZxc"
MESSAGES = [
    {"id": "m1", "time": "2026-07-02T12:22:00Z", "user": "pager", "text": "[FIRING] CheckoutHigh5xx", "bot": True},
    {
        "id": "m2",
        "time": "2026-07-02T12:24:00Z",
        "user": "ana",
        "text": "customers report that checkout fails with 504s",
    },
    {"id": "m3", "time": "2026-07-02T12:30:00Z", "user": "ana", "text": "declaring a sev1"},
    {
        "id": "m4",
        "time": "2026-07-02T12:33:00Z",
        "user": "bob",
        "text": "this is dee's mess and it always is",
        "deleted_at": "2026-07-02T12:34:00Z",
    },
    {
        "id": "m5",
        "time": "2026-07-02T12:35:00Z",
        "user": "bob",
        "text": f"found it: #812 starves checkout, key {SECRET}",
        "edited": {"time": "2026-07-02T12:36:00Z", "previous_text": "found it: #811 starves checkout"},
    },
    {"id": "m6", "time": "2026-07-02T12:50:00Z", "user": "ana", "text": "errors are back to baseline"},
    {"id": "m7", "time": "2026-07-02T13:00:00Z", "user": "ana", "text": "all clear. Incident resolved"},
]
CHAT = {
    "platform": "slack",
    "incident": {"title": "Checkout errors", "channels": ["inc-1"], "window": {"start": "2026-07-02T12:00:00Z"}},
    "participants": {
        "ana": {"role": "sre", "tz": "Europe/Berlin"},
        "bob": {"role": "backend", "tz": "Nowhere/Land"},
        "pager": {"bot": True},
        "cy": "somebody",
    },
    "messages": MESSAGES,
    "deploys": [{"id": "D1", "time": "2026-07-02T12:15:00Z", "kind": "deployment", "ref": "812", "author": "dee"}],
    "metrics": [],
}


def write_bundle(folder, chat=CHAT, **files):
    """Write a bundle; other files by their name, `/` written as two underscores."""
    folder.mkdir(exist_ok=True)
    (folder / "bundle.yaml").write_text("version: 1\nid: inc-1\n")
    (folder / "chat.json").write_text(chat if isinstance(chat, str) else json.dumps(chat))
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder
