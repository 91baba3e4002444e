"""Google Docs as the house sees it: a publisher, and what the doctor looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel

from fermata.integrations.googledocs.client import FOLDER, find_file, make_api
from fermata.integrations.googledocs.login import KEY
from fermata.integrations.googledocs.publisher import GoogleDocsPublisher
from fermata.integrations.googledocs.settings import GoogleDocsSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import FermataError
from fermata.ports.json_api import ApiSession
from fermata.ports.publisher import Publisher
from fermata.ports.system import CheckResult, System


class GoogleDocs(System):
    """Folders of Google Drive."""

    name: ClassVar[str] = KEY
    Settings: ClassVar[type[BaseModel]] = GoogleDocsSettings

    def __init__(self, settings: GoogleDocsSettings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._publisher = GoogleDocsPublisher(settings, clock)

    def find_publisher(self) -> Publisher:
        """Return what publishes documents."""
        return self._publisher

    async def check(self) -> Sequence[CheckResult]:
        """Log in, and look at each folder. Whether it may be written to is tried when a document is published."""
        try:
            api = await make_api(self.settings, self.clock)
        except FermataError as error:
            return [CheckResult(name=f"{KEY}: login", ok=False, text=str(error))]
        async with api.connect() as session:
            return [await _check_folder(session, *pair) for pair in self.settings.folders.items()]


async def _check_folder(session: ApiSession, name: str, folder_id: str) -> CheckResult:
    label = f"{KEY}: {name}"
    try:
        file = await find_file(session, folder_id)
    except FermataError as error:
        return CheckResult(name=label, ok=False, text=str(error))
    if file is None or file.type != FOLDER:
        text = "Google Drive has no such folder for this account; share it with the account's address"
        return CheckResult(name=label, ok=False, text=text)
    return CheckResult(name=label, ok=True, text="the folder can be seen; writing is tried when one is published")
