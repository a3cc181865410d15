"""Tables of the console: accounts, sign-in sessions, failed sign-ins and the log of who looked at whom."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("login", sa.String(64), nullable=False, unique=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("teacher", sa.String(64), nullable=False),  # the roster's teacher id; empty for everyone else
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("theme", sa.String(8), nullable=False),
    sa.Column("siren", sa.Boolean, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("disabled_at", Moment),
    sa.Column("initial", sa.Boolean),  # the password was given by somebody else: the person must choose an own one
    sa.Column("totp_secret", sa.String(64)),  # in the clear: only where no key seals it, and from before
    sa.Column("totp_sealed", sa.String(300)),
    sa.Column("totp_step", sa.Integer),  # the step of the last code that was used: none is good twice
    sa.Column("district", sa.String(64)),  # the only one that an account of the bureau sees; NULL: the whole city
    comment="people who may sign in, with what they chose to see",
)

login_sessions = sa.Table(
    "login_sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("account", sa.String(36), sa.ForeignKey("accounts.id"), nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False, index=True),
    sa.Column("revoked_at", Moment),
    sa.Column("pending", sa.Boolean),  # the password was right and the second factor is still asked for
    sa.Column("way", sa.String(16)),  # how it began: "sign_on", or by password when empty
    comment="who is signed in; only the hash of a token is kept, so a stolen database opens no door",
)

account_changes = sa.Table(
    "account_changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("account", sa.String(36), sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("field", sa.String(16), nullable=False),
    sa.Column("old", sa.String(200), nullable=False),
    sa.Column("new", sa.String(200), nullable=False),
    sa.Column("changed_by", sa.String(36), sa.ForeignKey("accounts.id"), nullable=False),
    sa.Index("ix_account_changes_account_at", "account", "at"),
    comment="what was changed of an account, from what to what, when and by whom; never a secret",
)

recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    sa.Column("account", sa.String(36), sa.ForeignKey("accounts.id"), primary_key=True),
    sa.Column("code_hash", sa.String(64), primary_key=True),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("used_at", Moment),
    comment="codes for who lost the phone with the second factor; each is good once, only hashes are kept",
)

sign_on_attempts = sa.Table(
    "sign_on_attempts",
    metadata,
    sa.Column("browser_hash", sa.String(64), primary_key=True),
    sa.Column("state", sa.String(64), nullable=False),
    sa.Column("nonce", sa.String(64), nullable=False),
    sa.Column("verifier", sa.String(128), nullable=False),
    sa.Column("next", sa.String(500), nullable=False),
    sa.Column("at", Moment, nullable=False),
    comment="people who were sent to the provider of single sign-on and may come back, once",
)

sign_on_people = sa.Table(
    "sign_on_people",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("issuer", sa.String(300), nullable=False),
    sa.Column("subject", sa.String(255), nullable=False),
    sa.Column("account", sa.String(36), sa.ForeignKey("accounts.id")),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("login", sa.String(64), nullable=False),  # what the provider calls it; to show, never to compare
    sa.Column("first_at", Moment, nullable=False),
    sa.Column("last_at", Moment, nullable=False),
    sa.Index("uq_sign_on_people_subject", "school", "issuer", "subject", unique=True),
    comment="people as the provider of single sign-on knows them; without an account they wait for one",
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("account", sa.String(36), sa.ForeignKey("accounts.id"), primary_key=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("scopes", sa.Text, nullable=False),  # rights, joined by blanks
    sa.Column("classes", sa.Text, nullable=False),  # class ids, joined by blanks; empty: no limit
    sa.Column("made_by", sa.String(36), nullable=False),  # an account's id; empty: on the command line
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("last_used_at", Moment),
    sa.Column("revoked_at", Moment),
    comment="programs that read the interface; only the hash of a token is kept",
)

login_attempts = sa.Table(
    "login_attempts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("login", sa.String(64), nullable=False, index=True),
    sa.Column("address", sa.String(64), nullable=False, index=True),
    comment="sign-ins that failed or are being tried: what throttling counts",
)

saved_views = sa.Table(
    "saved_views",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("account", sa.String(36), sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("page", sa.String(32), nullable=False),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("query", sa.String(500), nullable=False),
    sa.Column("saved_at", Moment, nullable=False),
    sa.Index("uq_saved_views_name", "account", "page", "name", unique=True),
    comment="lists as people filtered and sorted them, by a name",
)

access_log = sa.Table(
    "access_log",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("account", sa.String(36), sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Index("ix_access_log_account_at", "account", "at"),
    comment="every look at, or change of, a student's data: who, when, what; ids only, never names",
)
