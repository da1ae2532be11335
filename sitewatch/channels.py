"""The alert channels that the settings make possible."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from alerts.channels import email, webhook
from alerts.channels.message import Channel
from device_configs.estate import Estate
from sitewatch.settings import Settings


@asynccontextmanager
async def open_channels(
    settings: Settings, estate: Estate, now_ms: Callable[[], int]
) -> AsyncIterator[dict[str, Channel]]:
    """The channels by name, closed at the end."""
    channels: dict[str, Channel] = {}
    mail = settings.mail
    if mail.host is not None:
        channels["email"] = email.Email(
            email.EmailSettings(
                host=mail.host,
                port=mail.port,
                sender=mail.sender,
                security=email.Security(mail.security.value),
                username=mail.username,
                password=mail.password,
                timezone=estate.timezone,
            )
        )
    secrets = webhook.WebhookSettings(secrets=settings.webhook.secrets)
    async with webhook.Webhook(secrets, now_ms) as hook:
        yield channels | {"webhook": hook}
