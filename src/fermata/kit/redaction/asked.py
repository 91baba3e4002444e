"""Secrets that somebody asked a tool for: nothing but the value stands below the command.

`terraform output -raw NAME`, a field that Vault is asked for, a Secret's data through `base64 -d`, and AWS' Secrets
Manager print one value with nothing beside it. Of outputs and fields the name says whether it is a secret.
"""

from __future__ import annotations

import re

from fermata.kit.redaction.marks import Tally, holds_any, is_marked
from fermata.kit.redaction.names import Strength, judge_name

_MARKERS = ("output ", "-field", "base64", "get-secret-value")
_ASKED = re.compile(
    r"""(?x)
    (?: \b(?:terraform|tofu) [ ]{1,4} (?:-chdir=\S{1,200} [ ]{1,4})? output [ ]{1,4} (?:-[\w=./-]{1,80} [ ]{1,4}){0,4}
        (?P<output>[A-Za-z][\w-]{1,80}) (?:[ ]{1,4} -[\w=./-]{1,80}){0,4}
      | \bvault [ ]{1,4} (?:kv [ ]{1,4} get|read) [ ] [^\n]{0,200}? -field[= ] (?P<field>[\w-]{1,80}) [^\n|]{0,200}+
      | \b(?:kubectl|oc|k) [ ] [^\n]{0,80}? \bsecrets? [ /] [^\n]{0,300} \| [ ]{0,4} base64 [ ]{1,4} (?:-d|-D|--decode)
      | \baws [ ]{1,4} secretsmanager [ ]{1,4} get-secret-value [ ] [^\n]{0,300} SecretString [^\n|]{0,200}+
    )
    [ \t]{0,8} \r?\n "? (?P<value>[^\s"{}\[\]<>]{4,256}) (?= "? [ \t]{0,8} (?: \r?$ | [^ \t\n]{0,40} [$\#%>] [ ] ) )
    """,
    re.MULTILINE,
)


def hide_asked(text: str, tally: Tally) -> str:
    """Replace what a command printed that asked for one secret."""
    if not holds_any(text, _MARKERS):
        return text
    parts: list[str] = []
    done = 0
    for match in _ASKED.finditer(text):
        name, value = match["output"] or match["field"], match["value"]
        if is_marked(value) or (name is not None and judge_name(name) is not Strength.STRONG):
            continue
        parts += [text[done : match.start("value")], tally.mark("asked", value)]
        done = match.end("value")
    return "".join([*parts, text[done:]]) if parts else text
