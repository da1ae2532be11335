"""The alert channels that the settings make possible."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import sqlalchemy as sa

from alerts.channels import (
    aliyun,
    aliyun_sms,
    aliyun_voice,
    apprise,
    dingtalk,
    email,
    feishu,
    siren,
    smpp,
    smpp_session,
    tencent,
    tencent_sms,
    tencent_voice,
    webhook,
    wecom,
    wecom_app,
)
from alerts.channels.message import Channel, Reporter
from alerts.channels.provider import Http
from alerts.channels.wording import Wording
from alerts.sounding import Sounding
from collectors.mqtt_settings import read_settings
from device_configs.estate import Estate
from sitewatch.estate_folder import EstateFolder
from sitewatch.settings import Settings

ACCOUNTS: Mapping[str, tuple[str, ...]] = {
    "webhook": (),
    "email": ("mail.host",),
    "smpp": ("smpp.host",),
    "wecom_app": ("wecom.corp_id", "wecom.agent_id", "wecom.secret"),
    "aliyun_sms": ("aliyun.access_key_id", "aliyun.sms_template"),
    "aliyun_voice": ("aliyun.access_key_id", "aliyun.voice_template"),
    "tencent_sms": ("tencent.secret_id", "tencent.sms_template"),
    "tencent_voice": ("tencent.secret_id", "tencent.voice_template"),
}
"""The settings without which a channel to a person has no account."""


@dataclass(frozen=True)
class Channels:
    """The channels by name, and those that can be asked what became of a message."""

    channels: Mapping[str, Channel]
    reporters: Mapping[str, Reporter]


@asynccontextmanager
async def open_channels(
    settings: Settings, estate: Estate, engine: sa.Engine, now_ms: Callable[[], int]
) -> AsyncIterator[Channels]:
    """The channels, closed at the end. One that lacks its keys says so when it is to send."""
    wording = Wording(estate.timezone, settings.service.public_url)
    hooks = webhook.WebhookSettings(secrets=settings.webhook.secrets)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(Http())
        hook = await stack.enter_async_context(webhook.Webhook(hooks, now_ms))
        centre = smpp_session.SmppSettings(**dict(settings.smpp))
        gateway = await stack.enter_async_context(smpp.Smpp(centre, wording))
        sms, sms_2 = _sms(settings, http, wording, now_ms)
        voice, voice_2 = _voice(settings, http, wording, now_ms)
        channels: dict[str, Channel] = {
            "webhook": hook,
            "smpp": gateway,
            "aliyun_sms": sms,
            "tencent_sms": sms_2,
            "aliyun_voice": voice,
            "tencent_voice": voice_2,
            "siren": _siren(settings, estate, engine),
            "apprise": apprise.Apprise(wording, settings.apprise.urls),
            **_groups(settings, http, wording, now_ms),
        }
        if (mail := mail_of(settings, estate, now_ms)) is not None:
            channels["email"] = mail
        reporters: dict[str, Reporter] = {
            "smpp": gateway, "aliyun_sms": sms, "tencent_sms": sms_2, "aliyun_voice": voice,
        }  # fmt: skip
        yield Channels(channels, reporters)


def given(settings: Settings, name: str) -> object:
    """What a setting such as `mail.host` holds; None where it is not given."""
    section, _, key = name.partition(".")
    found: object = getattr(getattr(settings, section), key)
    return found


def usable(settings: Settings) -> frozenset[str]:
    """The channels to a person of which the settings have an account."""
    return frozenset(
        name
        for name, needed in ACCOUNTS.items()
        if all(given(settings, one) is not None for one in needed)
    )


def with_channels(settings: Settings) -> Callable[[EstateFolder], EstateFolder]:
    """Tells the routes of a folder which channels there are."""
    known = usable(settings)
    return lambda loaded: replace(loaded, routes=replace(loaded.routes, usable=known))


def mail_of(settings: Settings, estate: Estate, now_ms: Callable[[], int]) -> email.Email | None:
    """E-mail; None without a mail server."""
    mail = settings.mail
    if mail.host is None:
        return None
    return email.Email(
        email.EmailSettings(
            host=mail.host,
            port=mail.port,
            sender=mail.sender,
            security=email.Security(mail.security.value),
            username=mail.username,
            password=mail.password,
            timezone=estate.timezone,
            public_url=settings.service.public_url,
        ),
        now_ms,
    )


def _groups(
    settings: Settings, http: Http, wording: Wording, now_ms: Callable[[], int]
) -> dict[str, Channel]:
    """The channels into groups and to persons of the three messengers."""
    work, ding, fei = settings.wecom, settings.dingtalk, settings.feishu
    application = wecom_app.WecomAppSettings(
        work.corp_id, work.agent_id, work.secret, work.endpoint
    )  # fmt: skip
    return {
        "wecom": wecom.WecomRobot(http, wording, work.robots, work.endpoint),
        "wecom_app": wecom_app.WecomApp(http, wording, application, now_ms),
        "dingtalk": dingtalk.DingtalkRobot(
            http, wording, ding.robots, ding.secrets, now_ms, ding.endpoint
        ),
        "feishu": feishu.FeishuBot(http, wording, fei.robots, fei.secrets, now_ms, fei.endpoint),
    }


def _sms(
    settings: Settings, http: Http, wording: Wording, now_ms: Callable[[], int]
) -> tuple[aliyun_sms.AliyunSms, tencent_sms.TencentSms]:
    ali, ten = settings.aliyun, settings.tencent
    first = aliyun_sms.AliyunSmsSettings(
        aliyun.AliyunKeys(ali.access_key_id, ali.access_key_secret),
        ali.sms_sign, ali.sms_template, ali.sms_variables, ali.sms_longest, ali.sms_endpoint,
    )  # fmt: skip
    second = tencent_sms.TencentSmsSettings(
        tencent.TencentKeys(ten.secret_id, ten.secret_key), ten.sms_app, ten.sms_sign,
        ten.sms_template, ten.sms_variables, ten.sms_longest, ten.region, ten.sms_endpoint,
    )  # fmt: skip
    return (
        aliyun_sms.AliyunSms(http, wording, first, now_ms),
        tencent_sms.TencentSms(http, wording, second, now_ms),
    )


def _voice(
    settings: Settings, http: Http, wording: Wording, now_ms: Callable[[], int]
) -> tuple[aliyun_voice.AliyunVoice, tencent_voice.TencentVoice]:
    ali, ten = settings.aliyun, settings.tencent
    first = aliyun_voice.AliyunVoiceSettings(
        aliyun.AliyunKeys(ali.access_key_id, ali.access_key_secret), ali.voice_template,
        ali.voice_number, ali.voice_variables, ali.voice_longest, ali.voice_endpoint,
    )  # fmt: skip
    second = tencent_voice.TencentVoiceSettings(
        tencent.TencentKeys(ten.secret_id, ten.secret_key), ten.voice_app, ten.voice_template,
        ten.voice_variables, ten.voice_longest, ten.region, ten.voice_endpoint,
    )  # fmt: skip
    return (
        aliyun_voice.AliyunVoice(http, wording, first, now_ms),
        tencent_voice.TencentVoice(http, wording, second, now_ms),
    )


def _siren(settings: Settings, estate: Estate, engine: sa.Engine) -> siren.Siren:
    outputs = {
        name: siren.SirenOutput(one.topic, one.on, one.off, one.off_when, one.sounds_tests)
        for name, one in settings.siren.outputs.items()
    }
    broker = read_settings(settings.mqtt.broker(f"sitewatch-{estate.id}")) if outputs else None
    return siren.Siren(broker, outputs, Sounding(engine))
