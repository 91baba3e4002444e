"""Which handles of people can never be those of a click: a login where the channel tells a number.

Such a person is answered "nobody in the settings is ..." at the first incident, and not before. For `fermata check`.
Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from fermata.domain.person import Person

# docs/systems says of each channel what its handle is and where it is found.
_FORMS: Final[Mapping[str, tuple[str, str]]] = {
    "github": (r"[0-9]+", "the account's number, which https://api.github.com/users/<login> tells"),
    "gitlab": (r"[0-9]+", "the user's number, which stands on their profile"),
    "discord": (r"[0-9]+", "the member's id: developer mode on, Copy User ID"),
    "slack": (r"[UW][A-Z0-9]+", "the member's id: profile, three dots, Copy member ID"),
}
_READ_BY_ALL = frozenset({"github", "gitlab"})
_NAME = r"@?[A-Za-z0-9][A-Za-z0-9._-]*"


def find_dead_handles(people: Sequence[Person]) -> Sequence[str]:
    """Return a sentence for each handle that has not the form of its channel, in the order of the settings.

    Channels that take any text, such as the terminal and an identity provider, are not judged.
    """
    faults = []
    for person in people:
        for channel, handle in person.handles.items():
            form, told = _FORMS.get(channel, (".*", ""))
            if not re.fullmatch(form, handle, re.DOTALL):
                # Where everybody reads the code it is made for one account, of which this is most likely the name.
                own = f" --account {handle}" if channel in _READ_BY_ALL and re.fullmatch(_NAME, handle) else ""
                code = f"fermata link --as {person.id} --channel {channel}{own}"
                faults.append(
                    f"{person.id} is {handle!r} on {channel}, and a click there never is: write {told}; "
                    f"or leave it out and run `{code}`"
                )
    return faults
