"""What the settings of an installation say about the interface."""

from api.house import ApiSettings
from sitewatch.settings import Settings


def api_settings(settings: Settings) -> ApiSettings:
    """The part of the settings that the interface is given."""
    accounts = settings.accounts
    return ApiSettings(
        secure_cookies=settings.service.secure_cookies,
        session_idle_s=accounts.session_idle_minutes * 60,
        session_absolute_s=accounts.session_absolute_hours * 3600,
        password_days=accounts.password_days,
        second_factor_roles=frozenset(accounts.second_factor_roles),
        max_photo_bytes=settings.attachments.max_bytes,
    )
