"""``[sign_on]``: single sign-on by OpenID Connect."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from campus.errors import SettingsError
from campus.settings.section import Section, is_private

AccountRole = Literal["guard", "teacher", "office", "doctor", "facility", "bureau", "head", "admin"]


class SignOn(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[sign_on]``: the city's single sign-on; without ``issuer`` there is none."""

    issuer: str = ""  # as the provider writes it in its tokens
    client_id: str = ""
    client_secret: str = ""  # from a secret file; empty: a public client, with PKCE alone
    scopes: str = "openid profile"
    label_zh: Annotated[str, Meta(max_length=40)] = "统一身份认证登录"
    label_en: Annotated[str, Meta(max_length=40)] = "Sign in with the city account"
    role_claim: str = ""  # with dots into what is nested; empty: an administrator gives the role
    roles: dict[str, AccountRole] = msgspec.field(default_factory=dict)  # value of the claim -> role, the first wins
    teacher_claim: str = ""  # holds the roster's id of a teacher, which opens the classes
    school_claim: str = ""  # empty: everybody whom the provider knows may belong here
    schools: dict[str, str] = msgspec.field(default_factory=dict)  # value of the claim -> school; empty: the id itself
    unknown: Literal["refuse", "account"] = "refuse"
    local_passwords: Literal["all", "administrators", "none"] = "all"
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 10.0

    def __post_init__(self) -> None:
        if not self.issuer:
            if self.local_passwords != "all":
                raise SettingsError("sign_on.local_passwords", "nobody could sign in", "Set issuer, or leave it at all")
            return
        if not is_private(self.issuer):
            raise SettingsError("sign_on.issuer", "is not https", "A sign-in never goes in clear")
        if not self.client_id:
            raise SettingsError("sign_on.client_id", "is missing", "Register the console at the provider and write it")
        if "openid" not in self.scopes.split():
            raise SettingsError("sign_on.scopes", "lacks openid", 'Use "openid profile" or more')
        if bool(self.role_claim) != bool(self.roles):
            raise SettingsError("sign_on.roles", "role_claim and roles go together", "Write both or neither")
        if self.unknown == "account" and not self.roles:
            raise SettingsError(
                "sign_on.unknown", "nobody would say what the person may do", "Map roles, or leave it at refuse"
            )
