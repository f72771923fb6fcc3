"""The only reader of the environment. Every setting stands in ``.env.example`` with a comment (tests/contracts)."""

from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MIN_TOKEN_LENGTH = 32
"""Characters of an access token (reliability section 3)."""


class Settings(BaseSettings):
    """All settings, validated once at start; unknown names in the environment are not ours and are ignored."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    onebot_access_token: SecretStr = SecretStr("")
    onebot_secret: SecretStr = SecretStr("")
    onebot_self_ids: Annotated[tuple[str, ...], NoDecode] = ()
    zhixin_accept_qq_risk: bool = False
    zhixin_data_dir: Path = Path("data")
    zhixin_database_url: str = ""
    zhixin_master_keys: SecretStr = SecretStr("")
    zhixin_public_url: str = ""
    zhixin_hotlines_file: Path | None = None
    zhixin_quotas_file: Path | None = None
    zhixin_pool_file: Path | None = None
    zhixin_reminders_file: Path | None = None
    zhixin_anonymous_file: Path | None = None
    zhixin_categories_file: Path | None = None
    zhixin_campaigns_file: Path | None = None
    zhixin_audit_file: Path | None = None
    zhixin_pass_through: bool = False
    zhixin_wish_cap: int = Field(default=200, ge=1, le=200)
    zhixin_crisis_calm_hours: int = Field(default=24, ge=24, le=168)
    zhixin_sandbox: bool = False
    zhixin_clock: datetime | None = None
    zhixin_pace: Literal["on", "night", "off"] = "on"
    zhixin_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    zhixin_log_format: Literal["text", "json"] = "text"

    @field_validator("onebot_self_ids", mode="before")
    @classmethod
    def _split_ids(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part for part in value.replace(",", " ").split() if part)
        return value

    @field_validator(
        "zhixin_clock",
        "zhixin_hotlines_file",
        "zhixin_quotas_file",
        "zhixin_pool_file",
        "zhixin_reminders_file",
        "zhixin_anonymous_file",
        "zhixin_categories_file",
        "zhixin_campaigns_file",
        "zhixin_audit_file",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @property
    def loopback(self) -> bool:
        """Whether the bind address can be reached from this machine only."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def audit_file(self) -> Path:
        """Where heads of the audit are told outside."""
        return self.zhixin_audit_file or self.zhixin_data_dir / "audit-heads.log"

    @property
    def database_url(self) -> str:
        """The database's address; by default an SQLite file in the data folder."""
        return self.zhixin_database_url or f"sqlite+aiosqlite:///{self.zhixin_data_dir / 'zhixin.db'}"

    @property
    def public_url(self) -> str:
        """Where a browser reaches the bot's own HTTP door (one-time links of exports)."""
        return (self.zhixin_public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def feed_url(self) -> str:
        """Where calendars are subscribed to; empty: nowhere, because no address is public, or it is not encrypted."""
        url = self.zhixin_public_url.rstrip("/")
        return url if url.startswith("https://") or (url and self.loopback) else ""

    @model_validator(mode="after")
    def _rehearsal_only_on_loopback(self) -> Self:
        if self.loopback:
            return self
        for name, on in (
            ("ZHIXIN_CLOCK", self.zhixin_clock is not None),
            (f"ZHIXIN_PACE={self.zhixin_pace}", self.zhixin_pace != "on"),
            ("ZHIXIN_SANDBOX", self.zhixin_sandbox),
        ):
            if on:
                raise ValueError(f"{name} is for rehearsals and tests: refused unless HOST is a loopback address")
        return self

    @model_validator(mode="after")
    def _token_is_long_enough(self) -> Self:
        token = self.onebot_access_token.get_secret_value()
        if token and len(token) < MIN_TOKEN_LENGTH:
            raise ValueError(f"ONEBOT_ACCESS_TOKEN needs at least {MIN_TOKEN_LENGTH} characters")
        return self
