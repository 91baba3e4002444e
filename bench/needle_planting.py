"""Real logs with telling lines planted in their own style, for `needle_cases`: the noise is what such systems print.

Read from a checkout of logpai/loghub (`<System>/<System>_2k.log` and its `_structured.csv`), never kept.
"""

# ruff: noqa: E501 - a log line is as long as it is.

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

from needle_cases import Case

# Per system what an operator would want to see; worded as such programs word it.
PLANTS: dict[str, list[list[str]]] = {
    "HDFS": [["NameNode entered safe mode: reported blocks 9120 needs additional 411"], ["Standby transition: lost journal quorum at txid 88121"]],
    "Hadoop": [["Container killed by YARN for exceeding memory limits. 4.5 GB of 4 GB used"], ["ApplicationMaster lost contact with ResourceManager, token renewal refused"]],
    "Spark": [["Lost executor 7 on mesos-slave-18: Remote RPC client disassociated"], ["Dynamic allocation target lowered from 40 to 2 executors"]],
    "Zookeeper": [["Peer 3 has not been heard from for 14 ticks"], ["Snapshot log directory on device with 0 bytes free"]],
    "BGL": [["link card clock select moved from midplane to local oscillator"], ["job scheduler database switched to secondary"]],
    "HPC": [["quota manager reloaded limits, scratch now 0 blocks"], ["fabric manager failover to switch-2 complete"]],
    "Thunderbird": [["lustre: MDT0000 is now read-only after journal abort"], ["ib_sm: heavy sweep interrupted, master handed over to tbird-sm2"]],
    "Windows": [["Component store reservation dropped below 120 MB, servicing suspended"], ["Group policy replaced the update source with http://wsus-old:8530"]],
    "Linux": [["EXT3-fs error (device sda3): ext3_journal_start_sb: Detected aborted journal"], ["clock source tsc found unstable (delta = 4691 s), switching"]],
    "Android": [["Low on memory: no more background processes, top app pss 1812 MB"], ["thermal zone battery crossed 47 C, radio limited"]],
    "HealthApp": [["step database migrated to schema 41, 0 of 9031 rows carried over"], ["device clock moved back by 86400 s"]],
    "Apache": [["server reached MaxRequestWorkers setting, consider raising it"], ["configured -- resuming normal operations with 1 worker"]],
    "Proxifier": [["profile changed to Default-Direct by administrator"], ["licence check: seat revoked"]],
    "OpenSSH": [["Accepted publickey for deploy from 198.51.100.7 port 40022 ssh2: RSA SHA256:9dQz"], ["host key /etc/ssh/ssh_host_ed25519_key was replaced while running"]],
    "OpenStack": [["Scheduler weights changed: ram multiplier 1.0 to -1.0"], ["rabbit heartbeat thread stopped, channel 1 lost its consumer tag"]],
    "Mac": [["disk1s2: media not present, unmount forced"], ["keychain item for com.apple.sync could not be decrypted with the current key"]],
}  # fmt: skip


def plant_cases(half: str, loghub: Path) -> Iterator[Case]:
    """Give one case a system: 2,000 real lines, the planted ones between."""
    for system, plants in PLANTS.items():
        lines = (loghub / system / f"{system}_2k.log").read_text(errors="replace").splitlines()
        with (loghub / system / f"{system}_2k.log_structured.csv").open(newline="", errors="replace") as file:
            contents = [row["Content"] for row in csv.DictReader(file)]
        rnd = random.Random(f"{system}/{half}")
        needles = []
        for message in plants[0 if half == "dev" else 1]:
            at = rnd.randint(len(lines) // 3, len(lines) - 2)
            while at < len(contents) and not lines[at].endswith(contents[at]):
                at += 1
            needle = lines[at][: len(lines[at]) - len(contents[at])] + message
            lines.insert(at + 1, needle)
            needles.append(needle)
        yield Case(
            f"{system}-{half}",
            "planted in real logs",
            lines,
            needles,
            {"alert": "ServiceDegraded", "service": system.lower()},
        )
