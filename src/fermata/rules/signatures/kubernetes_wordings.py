"""How nodes, runtimes and registries say why a container does not start: one row for each cause.

The words differ by runtime, registry and version. Among rows that fit the first one counts, so the more exact ones
stand first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fermata.rules.kubernetes.health import PodPhase
from fermata.rules.signatures.base import Specificity

IMAGE = (PodPhase.IMAGE, PodPhase.INIT_FAILING)
"""Phases in which an image may be what is missing."""
CONFIG = (PodPhase.CONFIG, PodPhase.CREATING, PodPhase.INIT_FAILING)
"""Phases in which something that containers are configured from may be missing."""
RUN = (PodPhase.RUN_ERROR, PodPhase.CRASH, PodPhase.INIT_FAILING)
"""Phases in which the command itself may be what fails."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How nodes, runtimes and registries say one thing."""

    cause: str
    title: str
    phases: tuple[PodPhase, ...]
    words: re.Pattern[str]
    person_must: str
    confidence: float = 0.95
    specificity: Specificity = Specificity.ORIGIN
    absent: str = ""
    """The kind of object whose name the words catch: once it exists, the words are history."""
    exit_codes: frozenset[int] = field(default=frozenset())
    """A shell's own codes for it (https://www.gnu.org/software/bash/manual, Exit Status)."""


WORDINGS: tuple[Wording, ...] = (
    Wording(
        "image_registry_dns_failure",
        "The name of an image registry does not resolve",
        IMAGE,
        re.compile(r"no such host|failure in name resolution|server misbehaving|lookup [^\"]*i/o timeout|"
                   r"Could not resolve host|no address associated"),
        "Correct the registry's name in the image, or the DNS of the node.",
    ),
    Wording(
        "image_registry_tls_failure",
        "The TLS of an image registry is not accepted",
        IMAGE,
        re.compile(r"x509:|tls: (?!handshake timeout)|server gave HTTP response to HTTPS client"),
        "Trust the registry's certificate on the nodes, or renew it.",
    ),
    Wording(
        "image_registry_rate_limited",
        "An image registry refuses further pulls for now",
        IMAGE,
        re.compile(r"(?i)toomanyrequests|429 Too Many|rate limit"),
        "Pull with an account, through a mirror, or wait.",
    ),
    Wording(
        "image_architecture_mismatch",
        "An image is not built for the node's processor",
        (*IMAGE, *RUN),
        re.compile(r"no match for platform|no matching manifest for|exec format error"),
        "Build the image for the node's architecture, or choose nodes that fit.",
    ),
    Wording(
        "missing_image_pull_secret",
        "A registry wants credentials that the pod does not present",
        IMAGE,
        re.compile(r"(?i)unauthorized|authentication required|no basic auth credentials|insufficient_scope|"
                   r"pull access denied|401 |403 Forbidden|\bdenied\b|failed to authorize|"
                   r"failed to fetch (?:anonymous|oauth) token"),
        "Create the pull secret, and name it in the pod or its service account.",
        0.9,
    ),
    Wording(
        "incorrect_image_reference",
        "An image is named that does not exist",
        IMAGE,
        re.compile(r"(?s)manifest unknown|name unknown|invalid reference format|InvalidImageName|couldn't parse image|"
                   r"(?:pull|resolve|image|manifest).*not found|repository \S+ does not exist|invalid image name"),
        "Correct the image's name or tag, or push the image.",
    ),
    Wording(
        "image_registry_unreachable",
        "An image registry does not answer",
        IMAGE,
        re.compile(r"(?i)pull.*(?:i/o timeout|connection refused|no route to host|deadline exceeded|handshake timeout|"
                   r"connection reset|EOF|50[0234] |network is unreachable|canceled)"),
        "Bring the registry back, or the network between the nodes and it.",
        0.9,
    ),
    Wording(
        "image_not_present",
        "An image is not on the node and may not be pulled",
        IMAGE,
        re.compile(r"ErrImageNeverPull|is not present with pull policy of Never"),
        "Load the image onto the nodes, or allow pulling it.",
    ),
    Wording(
        "missing_secret_key",
        "A Secret lacks the key that a container reads",
        CONFIG,
        re.compile(r"couldn't find key \S+ in Secret|references non-existent secret key"),
        "Add the key to the Secret, or correct the name of the key.",
    ),
    Wording(
        "missing_config_map_key",
        "A ConfigMap lacks the key that a container reads",
        CONFIG,
        re.compile(r"couldn't find key \S+ in ConfigMap|references non-existent config key"),
        "Add the key to the ConfigMap, or correct the name of the key.",
    ),
    Wording(
        "missing_secret_binding",
        "A container is configured from a Secret that does not exist",
        CONFIG,
        re.compile(r"secrets? \"(?P<name>[^\"]+)\" not found"),
        "Create the Secret, or name an existing one.",
        absent="Secret",
    ),
    Wording(
        "missing_config_map",
        "A container is configured from a ConfigMap that does not exist",
        CONFIG,
        re.compile(r"configmaps? \"(?P<name>[^\"]+)\" not found"),
        "Create the ConfigMap, or name an existing one.",
        absent="ConfigMap",
    ),
    Wording(
        "container_user_forbidden",
        "A container's user is not one that its security context allows",
        (*CONFIG, *RUN),
        re.compile(r"runAsNonRoot|unable to find user|no matching entries in passwd"),
        "Give the image or the security context a numeric user that is allowed.",
    ),
    Wording(
        "memory_limit_too_low",
        "A memory limit is too low even to start the container",
        RUN,
        re.compile(r"minimum memory limit allowed"),
        "Raise the memory limit.",
    ),
    Wording(
        "volume_subpath_mismatch",
        "A file is mounted onto a directory, or the other way round",
        (*RUN, *CONFIG),
        re.compile(r"(?s)mount.*not a directory|mount a directory onto a file|failed to (?:prepare|create) subPath"),
        "Correct the mount path or the subPath.",
    ),
    Wording(
        "container_command_not_executable",
        "A container's command may not be executed",
        RUN,
        re.compile(r"(?s)(?:exec|container process|starting container)(?!.*(?:mount|mkdir)).*permission denied"),
        "Make the file executable in the image, or correct the command.",
        exit_codes=frozenset({126}),
    ),
    Wording(
        "container_command_not_found",
        "A container's command does not exist in its image",
        RUN,
        re.compile(r"(?s)executable file not found|(?:exec|stat)\b.*no such file or directory|no command specified|"
                   r"(?:container process|starting container).*no such file or directory|chdir to cwd"),
        "Correct command, arguments or working directory, or the image.",
        exit_codes=frozenset({127}),
    ),
    Wording(
        "pod_sandbox_failed",
        "The node cannot set up a pod's network or sandbox",
        (PodPhase.CREATING,),
        re.compile(r"create pod sandbox(?!.*OOM-killed)|failed to setup network for sandbox"),
        "Look at the network plugin and the container runtime of the node.",
        0.4,
        Specificity.STATE,
    ),
    Wording(
        "image_pull_failed",
        "An image cannot be pulled, and why is not told",
        (PodPhase.IMAGE,),
        re.compile(r"ErrImagePull|ImagePullBackOff|Failed to pull|Back-off pulling"),
        "Pull the image by hand on the node and read the answer.",
        0.3,
        Specificity.SYMPTOM,
    ),
)  # fmt: skip
"""In the order they are tried."""
