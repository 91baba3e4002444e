"""Lines of logs that are a library's."""

import pytest

from fermata.rules.changes.library_lines import is_library_line


@pytest.mark.parametrize(
    ("text", "is_library"),
    [
        ("   at Microsoft.Data.SqlClient.SqlConnection.OpenAsync(CancellationToken token)", True),
        ("\tat org.springframework.jdbc.support.SQLErrorCodes.doTranslate(SQLErrorCodes.java:267)", True),
        ("    at async node:internal/process/task_queues:95:5", True),
        ('  File "/usr/lib/python3/site-packages/redis/client.py", line 12, in get', True),
        ('  File "/opt/pyenv/versions/3.12.4/lib/python3.12/json/decoder.py", line 355, in raw_decode', True),
        ("ERROR 1 --- [nio-1] o.s.k.l.DefaultErrorHandler : Backoff FixedBackOff{interval=1000}", True),
        ("\tat com.acme.wallet.AccountDao.lockForUpdate(AccountDao.java:39)", False),
        ("ERROR System.Orders rejected order 12", False),
    ],
)
def test_line_is_a_library_s_by_its_owner_its_path_or_its_logger(text, is_library):
    """What a stack or a logger names tells whose code speaks."""
    assert is_library_line(text) is is_library


def test_word_of_a_library_s_frame_weighs_little(incident):
    """Whoever calls the library could have it in a stack."""
    own, library = "\tat com.acme.OwnStore.openSocket(OwnStore.java:3)", "\tat com.mysql.Pool.openChannel(Pool.java:3)"

    words = incident.log("shop", (-3, 30, f"ERROR boom\n{own}"), (-3, 30, f"ERROR bang\n{library}")).read().words

    assert 0 < words["open_channel"] < 0.5 * words["open_socket"]
