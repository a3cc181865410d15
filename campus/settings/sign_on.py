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
    district_claim: str = ""  # of accounts of the bureau; empty: they see the whole city, or what an administrator says
    districts: dict[str, str] = msgspec.field(default_factory=dict)  # value of the claim -> district or *
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
        self._check_districts()
        if self.unknown == "account" and not self.roles:
            raise SettingsError(
                "sign_on.unknown", "nobody would say what the person may do", "Map roles, or leave it at refuse"
            )

    def _check_districts(self) -> None:
        if self.districts and not self.district_claim:
            raise SettingsError("sign_on.districts", "no claim is read for it", "Write district_claim, too")
        if not all(self.districts.values()):
            raise SettingsError("sign_on.districts", "a value has no district", 'Name one, or "*" for the whole city')
        if self.district_claim and "bureau" not in self.roles.values():
            raise SettingsError(
                "sign_on.district_claim", "no role is bureau", "Map one in roles: no other has a district"
            )
