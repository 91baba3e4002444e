"""The address by which a plan and a state of Terraform name a resource: `module.shop.aws_instance.web["eu"]`."""

from __future__ import annotations

import re

_KEY = r'(?:\[(?:"[^"]*"|\d+)\])?'
_MODULES = re.compile(rf"module\.([\w-]+){_KEY}\.")
_RESOURCE = re.compile(rf"^(?:data\.)?([a-z][a-z0-9]*_\w+\.[\w-]+){_KEY}$")
_FILE = re.compile(
    r"\.(?:[cm]?[jt]sx?|py|go|rb|java|kts?|rs|php|cs|c|cc|cpp|h|hpp|scala|exs?|erl|sh|sql|proto|lua|pl|swift|vue|svelte|html"
    r"|ya?ml|json|toml|xml|txt|lock|tf|tfvars|hcl|cfg|conf|ini|env|properties|md|css|scss|gradle|graphql|tmpl|j2"
    r"|dart|groovy|hs|clj|zig|ipynb|bash|zsh|ps1|pyi|tsv|jsonl|mdx|astro|jinja|bzl|thrift)$"
)
"""How files end: a name with an underscore and one of these is none of a resource."""


def read_address(text: str) -> tuple[str, ...]:
    """Return how the configuration knows the resource of an address: by its own name, and by its modules.

    Empty for what is no address.
    """
    own = _RESOURCE.match(_MODULES.sub("", text))
    if own is None or _FILE.search(own[1]):
        return ()
    return (own[1], *(f"module.{name}" for name in _MODULES.findall(text)))
