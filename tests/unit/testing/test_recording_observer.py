from fermata.testing.observer_contract import ObserverContract
from fermata.testing.recording_observer import RecordingObserver


class TestRecordingObserver(ObserverContract):
    """The fake keeps what the real one promises."""

    def make_observer(self):
        return RecordingObserver({"C1"})

    def list_kept(self, observer):
        return observer.list_messages()
