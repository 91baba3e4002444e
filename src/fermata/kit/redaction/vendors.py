"""Tokens that carry their vendor's prefix, and the form in which every known shape is written down.

Prefixes are from the vendors' own documentation and from the public rules of secret scanners (GitHub secret scanning,
gitleaks 8; read 2026-11-23). A prefix that is also a word asks for a digit behind it, and for an edge before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from fermata.kit.redaction.looks import count_changes, has_digit_and_letter


@dataclass(frozen=True, slots=True)
class Shape:
    """One pattern. Where it has a group `secret`, only that is replaced."""

    kind: str
    markers: tuple[str, ...]
    """Words of which at least one stands in every text that can match, in lower case when `folded`."""
    pattern: re.Pattern[str]
    folded: bool = False
    accept: Callable[[re.Match[str]], bool] | None = None
    """Asked when the pattern alone cannot tell a secret from a word."""


_MANY_CHANGES = 5
# `\b` would not do: in a JSON string the newline before a token is `\n`, whose n is a letter.
_EDGE = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"


def _shape(kind: str, markers: str, *patterns: str, accept: Callable[[re.Match[str]], bool] | None = None) -> Shape:
    """Build a shape of alternatives; `<` is an edge before them."""
    alternatives = "|".join(re.sub("^<", lambda _: _EDGE, pattern) for pattern in patterns)
    return Shape(kind, tuple(markers.split()), re.compile(alternatives), accept=accept)


def _is_drawn(match: re.Match[str]) -> bool:
    """Tell `fk_live_7Qz81LmmB02` from the name of a database, and `mfa.bot.zX81kkPq02` from one of a setting."""
    body = match["body"]
    kinds = any(map(str.islower, body)), any(map(str.isupper, body)), sum(map(str.isdigit, body)) > 1
    return all(kinds)


def _is_long(match: re.Match[str]) -> bool:
    """Tell `abc_T0tally...` from `mv_ValidateRFC4281CodecId`, whatever the prefix is."""
    return _is_drawn(match) and count_changes(match["body"]) >= _MANY_CHANGES


def _has_digit_and_letter(match: re.Match[str]) -> bool:
    return has_digit_and_letter(match["body"])


TOKENS = (
    _shape("aws", "AKIA ASIA ABIA ACCA", r"<A(?:KI|SI|BI|CC)A[A-Z2-7]{16}(?![A-Za-z0-9])"),
    _shape("google", "AIza ya29. GOCSPX-", r"AIza[A-Za-z0-9_-]{30,}+", r"(?:ya29\.|GOCSPX-)[A-Za-z0-9_-]{20,}+"),
    _shape("azure", "8Q~ 7Q~", r"[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}"),
    _shape("github", "ghp_ gho_ ghs_ ghu_ ghr_", r"gh[oprsu]_[A-Za-z0-9]{20,}+"),
    _shape("github", "github_pat_", r"github_pat_[A-Za-z0-9_]{20,}+"),
    _shape("gitlab", "glpat- glrt- gldt- glptt- glcbt- glft- glsoat- glagent- glimt- gloas-",
           r"gl(?:pat|rt|dt|ptt|cbt|ft|soat|agent|imt|oas)-[A-Za-z0-9_.-]{16,}+"),
    _shape("gitlab", "GR1348941", r"GR1348941[A-Za-z0-9_-]{16,}+"),
    _shape("slack", "xoxa xoxb xoxc xoxd xoxe xoxo xoxp xoxr xoxs", r"xox[a-eoprs](?:\.xox[bp])?-[A-Za-z0-9%-]{10,}+"),
    _shape("slack", "xapp-", r"xapp-[A-Za-z0-9-]{10,}+"),
    _shape("webhook", "hooks.slack.com/",
           r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9/_-]{10,}+)"),
    _shape("webhook", "/api/webhooks/", r"/api/webhooks/\d{10,}/(?P<secret>[A-Za-z0-9_-]{20,}+)"),
    _shape("webhook", ".webhook.office.com/", r"\.webhook\.office\.com/webhookb2/(?P<secret>[A-Za-z0-9@/_-]{20,}+)"),
    _shape("telegram", ":AA", r"<[0-9]{8,10}:AA[A-Za-z0-9_-]{32,33}(?![A-Za-z0-9_-])"),
    _shape("discord", "M N O",
           r"<[MNO][A-Za-z0-9]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}(?![A-Za-z0-9_-])"),
    _shape("stripe", "sk_live_ sk_test_ rk_live_ rk_test_ whsec_",
           r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}+", r"whsec_[A-Za-z0-9+/=]{20,}+"),
    _shape("stripe", "_secret_", r"(?:pi|seti|cs|src)_[A-Za-z0-9]{14,40}_secret_[A-Za-z0-9]{16,}+"),
    _shape("provider", "sk-ant- sk-proj- sk-svcacct- sk-admin- sk-or-",
           r"sk-(?:ant|proj|svcacct|admin|or)-(?=[A-Za-z0-9_-]{0,80}[0-9])[A-Za-z0-9_-]{20,}+"),
    _shape("provider", "sk-", r"<sk-(?=[A-Za-z]{0,80}[0-9])[A-Za-z0-9]{20,}+(?![A-Za-z0-9-])"),
    _shape("provider", "gsk_ xai- pplx- r8_ nvapi- fw_ tgp_v1_ hf_",
           r"<(?:gsk_|xai-|pplx-|r8_|nvapi-|fw_|tgp_v1_)(?=[A-Za-z_-]{0,80}[0-9])[A-Za-z0-9_-]{20,}+",
           r"<hf_[A-Za-z0-9]{30,}+"),
    _shape("age", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{20,}+"),
    _shape("npm", "npm_", r"<npm_[A-Za-z0-9]{30,}+"),
    _shape("pypi", "pypi-", r"pypi-[A-Za-z0-9_-]{50,}+"),
    _shape("package", "rubygems_ dckr_pat_ dckr_oat_", r"rubygems_[0-9a-f]{40,}+", r"dckr_[po]at_[A-Za-z0-9_-]{20,}+"),
    _shape("package", "oy2 cio", r"<oy2[a-z0-9]{43}(?![a-z0-9])",
           r"<cio(?=[A-Za-z]{0,31}[0-9])[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    _shape("twilio", "SK", r"<SK[0-9a-f]{32}(?![0-9A-Za-z])"),
    _shape("sendgrid", "SG.", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    _shape("mail", "key- -us xkeysib-", r"<key-[0-9a-f]{32}(?![A-Za-z0-9])",
           r"<[0-9a-f]{32}-us[0-9]{1,2}(?![A-Za-z0-9])", r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    _shape("mail", "re_", r"<re_(?=[A-Za-z_]{0,31}[0-9])[A-Za-z0-9]{6,12}_[A-Za-z0-9]{20,30}(?![A-Za-z0-9])"),
    _shape("cloud", "dop_v1_ doo_v1_ dor_v1_ dapi", r"do[opr]_v1_[0-9a-f]{64}", r"<dapi[0-9a-f]{32}(?:-[0-9])?"),
    _shape("cloud", "FlyV1 fm1_ fm2_ fo1_", r"FlyV1 fm[12]_[A-Za-z0-9+/=,_-]{30,}+",
           r"<f[mo][12]_[A-Za-z0-9+/=_-]{30,}+"),
    _shape("cloud", "HRKU- nfp_ v1.0- pul-", r"HRKU-[A-Za-z0-9_-]{30,}+", r"<nfp_[A-Za-z0-9]{30,}+",
           r"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}", r"<pul-[0-9a-f]{40}"),
    _shape("cloud", "pscale_ dp.pt. dp.st. dp.ct. .atlasv1.", r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{30,}+",
           r"dp\.(?:pt|st|ct)\.[A-Za-z0-9._-]{30,}+", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{50,}+"),
    _shape("cloud", "sbp_ napi_", r"<sbp_(?:oauth_|v0_)?[0-9a-f]{40}(?![0-9a-z])", r"<napi_[a-z0-9]{40,}+"),
    _shape("cloud", "rnd_ sb_secret_", r"<rnd_(?=[A-Za-z]{0,31}[0-9])[A-Za-z0-9]{28,}+",
           r"<sb_secret_[A-Za-z0-9_-]{20,}+"),
    _shape("cloud", "vcp_ vci_ vca_ vcr_ vck_", r"<vc[piark]_(?=[A-Za-z]{0,59}[0-9])[A-Za-z0-9]{24,}+"),
    # The address is the secret: who has it deploys.
    _shape("webhook", "/build_hooks/ /deploy_hooks/",
           r"/(?:build_hooks/(?=[0-9a-f]{24}(?![0-9a-f]))|pages/webhooks/deploy_hooks/(?=[0-9a-f-]{36}(?![0-9a-f])))"
           r"(?P<secret>[0-9a-f-]{24,36})"),
    _shape("telemetry", "sdk- mob- api-",
           r"<(?:sdk|mob|api)-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"),
    _shape("trade", "access-",
           r"<access-(?:production|development|sandbox)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    _shape("work", "signkey-", r"<signkey-[a-z]{2,20}-[0-9a-f]{32,}+"),
    _shape("vault", "hvs. hvb. hvr.", r"<hv[sbr]\.[A-Za-z0-9_-]{20,}+"),
    _shape("telemetry", "glsa_ glc_", r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}", r"<glc_[A-Za-z0-9+/=]{32,}+"),
    _shape("telemetry", "NRAK- NRII- NRIQ- NRRA- NRAL", r"NR(?:AK|II|IQ|RA)-[A-Za-z0-9_-]{20,}+", r"<[0-9a-f]{36}NRAL"),
    _shape("telemetry", "sntrys_ sntryu_ phc_ phx_ dt0c01.", r"sntry[su]_[A-Za-z0-9+/=_]{40,}+",
           r"<ph[cx]_[A-Za-z0-9]{40,}+", r"dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    _shape("work", "lin_api_ lin_oauth_ ntn_ secret_ figd_", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}+",
           r"<(?:ntn_|secret_)(?=[A-Za-z]{0,80}[0-9])[A-Za-z0-9]{40,}+", r"figd_[A-Za-z0-9_-]{30,}+"),
    _shape("work", "ATATT3 ATCTT3 ATBB PMAK- CCIPAT_ CCIPRJ_ pat-na1- pat-eu1-", r"AT[AC]TT3[A-Za-z0-9_=-]{40,}+",
           r"<ATBB[A-Za-z0-9_=-]{24,}+", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}", r"CCIP(?:AT|RJ)_[A-Za-z0-9_-]{30,}+",
           r"<pat-(?:na1|eu1)-[0-9a-f-]{36}"),
    _shape("trade", "shpat_ shpca_ shppa_ shpss_", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    _shape("trade", "sq0atp- sq0csp- EAAA", r"sq0(?:atp|csp)-[A-Za-z0-9_-]{22,}+", r"<EAAA[A-Za-z0-9_-]{56,}+"),
    # Cut, or shorter than they should be: the prefix of a vendor says enough. What may be a word asks for more.
    _shape("prefixed", "ghp_ gho_ ghs_ ghu_ github_pat_ glpat- glrt- xoxa- xoxb- xoxp- xoxs- xapp- AKIA ASIA whsec_ "
           "hvs. shpat_ shpss_ dop_v1_ glsa_ AIza GOCSPX- sk-ant- sk-proj- lin_api_ dckr_pat_ figd_ ATATT3",
           r"<(?:gh[osup]_|github_pat_|gl(?:pat|rt)-|xox[abps]-|xapp-|whsec_|hvs\.|shp(?:at|ss)_|dop_v1_|glsa_|AIza"
           r"|GOCSPX-|sk-(?:ant|proj)-|lin_api_|dckr_pat_|figd_|ATATT3|A[KS]IA(?=[A-Z0-9]{8,24}(?![A-Za-z0-9])))"
           r"(?P<body>[A-Za-z0-9_-]{6,}+)", accept=_has_digit_and_letter),
    _shape("prefixed", "_live_ _test_ _prod_ _sandbox_",
           r"(?<![A-Za-z0-9_])[a-z]{1,8}_(?:live|test|prod|sandbox)_(?P<body>[A-Za-z0-9]{8,}+)(?![_-])",
           accept=_is_drawn),
    _shape("prefixed", "_", r"(?<![A-Za-z0-9_./])[a-z]{2,5}_(?P<body>[A-Za-z0-9]{16,}+)(?![_-])", accept=_is_long),
    # The beginning of a private key without its frame: of EC, Ed25519, and RSA in both forms.
    _shape("pem", "MHcCAQEE MIGHAgEA MC4CAQAw MII",
           r"<(?:MHcCAQEE|MIGHAgEA|MC4CAQAw|MII[CEJ][A-Za-z0-9+/]{3}IBA[AD])[A-Za-z0-9+/=]{4,}+"),
    _shape("prefixed", "SG. mfa.",
           r"(?<![A-Za-z0-9_])(?:SG|mfa)\.(?P<body>(?=[\w.-]{10})[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)",
           accept=_is_drawn),
    _shape("prefixed", "npm_ hf_ sk- pypi-",
           r"<(?:npm_|hf_|sk-|pypi-)(?P<body>[A-Za-z0-9]{8,}+)(?![_-])",
           accept=_is_drawn),
    _shape("age", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{50,}+"),
    # Two to five parts: without a signature, signed, or encrypted.
    _shape("jwt", "eyJ", r"<eyJ[A-Za-z0-9_-]{8,}+\.(?:[A-Za-z0-9_-]++\.){0,3}+(?:[A-Za-z0-9_-]++)?"),
    _shape("pem", "Private-Lines:",
           r"Private-Lines: [0-9]{1,3}\r?\n(?P<secret>(?:[A-Za-z0-9+/=]{1,64}\r?\n?){1,99}+)"),  # PuTTY.
)  # fmt: skip
"""Tokens of vendors. Markers and patterns are case-sensitive."""
