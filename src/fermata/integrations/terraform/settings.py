"""Where states are, and what may be asked of Terraform itself."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileState(_Section):
    """A state that is a file on this machine."""

    path: Path
    """`terraform.tfstate`, or what `terraform show -json` printed into a file."""
    history: str = ""
    """Glob of earlier states beside it, such as `history/*.tfstate`, or absolute. Its `.backup` needs no name."""


class HttpState(_Section):
    """A state behind Terraform's http back end (GitLab's is one)."""

    url: str
    username: str = ""
    password: SecretStr = SecretStr("")
    """By `env:` or `file:`."""
    ca_file: Path | None = None


class S3State(_Section):
    """A state in a bucket; with versioning on, its history is there too."""

    bucket: str
    key: str
    region: str
    access_key_id: str
    secret_access_key: SecretStr
    """By `env:` or `file:`."""
    session_token: SecretStr = SecretStr("")
    endpoint: str = ""
    """Of a store that speaks S3, such as MinIO; empty is AWS."""
    ca_file: Path | None = None


class WorkspaceSettings(_Section):
    """One workspace. Its state comes from one place."""

    file: FileState | None = None
    http: HttpState | None = None
    s3: S3State | None = None
    directory: Path | None = None
    """Its configuration, initialised. Asked for the state (`terraform state pull`) when no other place is named, and
    for drift."""
    services: tuple[str, ...] = ()
    """Services it provides something for; empty: every incident asks for it."""
    allow_drift_check: bool = False
    """Whether `terraform plan -refresh-only` may run in `directory`. It reads every resource through its provider, so
    it needs the providers' credentials and takes its time; it never writes."""
    environment: dict[str, SecretStr] = Field(default_factory=dict)
    """Variables that `terraform` gets, such as `AWS_PROFILE`; nothing else of Fermata's environment reaches it."""

    @model_validator(mode="after")
    def _require_one_place(self) -> WorkspaceSettings:
        places = [place for place in (self.file, self.http, self.s3) if place is not None]
        if len(places) > 1 or (not places and self.directory is None):
            message = "name one place of the state: file, http or s3; or a directory to ask Terraform in"
            raise ValueError(message)
        if self.allow_drift_check and self.directory is None:
            message = "allow_drift_check needs a directory to run in"
            raise ValueError(message)
        return self


class TerraformSettings(_Section):
    """The workspaces of the team."""

    workspaces: dict[str, WorkspaceSettings] = Field(min_length=1)
    """By name."""
    timeout_s: float = Field(default=6, gt=0, le=120)
    """Of one read, and of one run of `terraform`. Below the deadline of a gathering (8 s)."""
    binary: str = "terraform"
    """`tofu` works too."""
