"""What the settings of an installation say about the interface."""

from api.house import ApiSettings
from api.oidc import OidcSettings, Provider
from sitewatch.settings import Settings


def provider_of(settings: Settings) -> Provider | None:
    """The identity provider, where one is set."""
    oidc, url = settings.oidc, settings.service.public_url
    if oidc.issuer is None or url is None:
        return None
    secret = oidc.client_secret
    return Provider(
        OidcSettings(
            issuer=oidc.issuer,
            client_id=oidc.client_id,
            redirect_uri=f"{url.rstrip('/')}/api/v1/session/external/return",
            client_secret=None if secret is None else secret.get_secret_value(),
            name=oidc.name,
            scopes=oidc.scopes,
            username_claim=oidc.username_claim,
            roles_claim=oidc.roles_claim,
            roles=oidc.roles,
            sites_claim=oidc.sites_claim,
            sites=oidc.sites,
            default_sites=oidc.default_sites,
        )
    )


def api_settings(settings: Settings) -> ApiSettings:
    """The part of the settings that the interface is given."""
    accounts = settings.accounts
    return ApiSettings(
        secure_cookies=settings.service.secure_cookies or settings.service.has_tls,
        session_idle_s=accounts.session_idle_minutes * 60,
        session_absolute_s=accounts.session_absolute_hours * 3600,
        password_days=accounts.password_days,
        second_factor_roles=frozenset(accounts.second_factor_roles),
        logins_per_minute=settings.limits.logins_per_minute,
        writes_per_minute=settings.limits.writes_per_minute,
        exports_per_minute=settings.limits.exports_per_minute,
        max_photo_bytes=settings.attachments.max_bytes,
    )
