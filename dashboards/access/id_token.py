"""ID tokens of OpenID Connect: the signature by the provider's keys, each claim that must hold. Home of joserfc."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

LEEWAY_S = 60  # clocks differ a little
# Asymmetric ones only: with a shared secret whoever checks could also sign, and "none" is no signature.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")


class Untrusted(Exception):
    """An ID token is not to be believed; the message says why, without what is in it."""


class UnknownKey(Untrusted):
    """The token names a key that is not among the provider's: they may have been changed."""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a token must say to be ours."""

    issuer: str
    audience: str
    nonce: str


def claims_of(
    raw: str, keys: bytes, expected: Expected, now: datetime, algorithms: Sequence[str] = ALGORITHMS
) -> Mapping[str, object]:
    """The claims of a token signed by one of ``keys`` (a JWK set as it was fetched), by OpenID Connect Core 3.1.3.7.

    Raises `UnknownKey` or `Untrusted`.
    """
    allowed = [name for name in ALGORITHMS if name in algorithms]
    try:
        found = KeySet.import_key_set(msgspec.json.decode(keys))
    except (JoseError, ValueError, TypeError, KeyError, msgspec.DecodeError) as error:
        raise Untrusted(f"the provider's keys cannot be read: {type(error).__name__}") from None
    try:
        token = jwt.decode(raw, found, algorithms=allowed)
    except (JoseError, ValueError, TypeError) as error:
        kind = UnknownKey if "key" in str(error).lower() else Untrusted
        raise kind(f"the signature does not hold: {type(error).__name__}") from None
    claims = msgspec.convert(token.claims, dict[str, object])
    _check(claims, expected, now)
    return claims


def _check(claims: Mapping[str, object], expected: Expected, now: datetime) -> None:
    rules = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_S,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.audience},
        nonce={"essential": True, "value": expected.nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        rules.validate(dict(claims))
    except (JoseError, ValueError, TypeError) as error:
        raise Untrusted(str(error)) from None
    audiences, party = claims["aud"], claims.get("azp")
    several = not isinstance(audiences, str) and isinstance(audiences, Sequence) and len(audiences) > 1
    if party != expected.audience and (several or party is not None):
        raise Untrusted("it was made for another client (azp)")
