"""Settings of the alert channels: accounts and keys, which are never in the estate folder."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from device_configs.quantities import Strict

Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+[^\s]*[^\s/]$")]
TemplateField = Literal["state", "severity", "title", "place", "device", "value", "raised_at"]
"""What a variable of a template can hold (`alerts.channels.template.FIELDS`)."""


class WecomSettings(Strict):
    """WeCom: group robots, and an application that writes to persons."""

    robots: dict[str, SecretStr] = Field(default_factory=dict)
    """Keys of the group robots by the name that a route gives as `robot`."""
    corp_id: str | None = None
    """Corporation of the application."""
    agent_id: int | None = None
    """Number of the application."""
    secret: SecretStr | None = None
    """Secret of the application."""
    endpoint: Url = "https://qyapi.weixin.qq.com"
    """Address of the interface; another one for a private installation."""


class DingtalkSettings(Strict):
    """DingTalk custom robots."""

    robots: dict[str, SecretStr] = Field(default_factory=dict)
    """Access tokens by the name that a route gives as `robot`."""
    secrets: dict[str, SecretStr] = Field(default_factory=dict)
    """Signing secrets by the same name; a robot without one is not signed."""
    endpoint: Url = "https://oapi.dingtalk.com"
    """Address of the interface."""


class FeishuSettings(Strict):
    """Feishu custom bots."""

    robots: dict[str, SecretStr] = Field(default_factory=dict)
    """Last part of each bot's address by the name that a route gives as `robot`."""
    secrets: dict[str, SecretStr] = Field(default_factory=dict)
    """Signing secrets by the same name; a bot without one is not signed."""
    endpoint: Url = "https://open.feishu.cn"
    """Address of the interface."""


class AliyunSettings(Strict):
    """Aliyun: SMS and voice."""

    access_key_id: str | None = None
    """Access key of an account that may send SMS and call, and nothing else."""
    access_key_secret: SecretStr | None = None
    """Its secret."""
    sms_sign: str | None = None
    """Approved signature of SMS."""
    sms_template: str | None = None
    """Approved template of SMS, `SMS_...`."""
    sms_variables: dict[str, TemplateField] = Field(default_factory=dict)
    """Variable of the SMS template to what it holds, as `{"where": "place"}`."""
    sms_longest: int = Field(default=35, ge=1)
    """Characters that a variable of the SMS template takes."""
    sms_endpoint: Url = "https://dysmsapi.aliyuncs.com"
    """Address of the SMS interface."""
    voice_template: str | None = None
    """Approved template of voice notifications, `TTS_...`."""
    voice_number: str | None = None
    """Number that is shown; one of the provider's when absent."""
    voice_variables: dict[str, TemplateField] = Field(default_factory=dict)
    """Variable of the voice template to what it holds."""
    voice_longest: int = Field(default=50, ge=1)
    """Characters that a variable of the voice template takes."""
    voice_endpoint: Url = "https://dyvmsapi.aliyuncs.com"
    """Address of the voice interface."""


class TencentSettings(Strict):
    """Tencent Cloud: SMS and voice."""

    secret_id: str | None = None
    """Key of an account that may send SMS and call, and nothing else."""
    secret_key: SecretStr | None = None
    """Its secret."""
    region: str = "ap-guangzhou"
    """Region of both interfaces."""
    sms_app: str | None = None
    """Application of SMS, `SmsSdkAppId`."""
    sms_sign: str | None = None
    """Approved signature of SMS."""
    sms_template: str | None = None
    """Approved template of SMS."""
    sms_variables: tuple[TemplateField, ...] = ()
    """What the variables of the SMS template hold, in their order."""
    sms_longest: int = Field(default=12, ge=1)
    """Characters that a variable of the SMS template takes."""
    sms_endpoint: Url = "https://sms.tencentcloudapi.com"
    """Address of the SMS interface."""
    voice_app: str | None = None
    """Application of voice, `VoiceSdkAppid`."""
    voice_template: str | None = None
    """Approved template of voice notifications."""
    voice_variables: tuple[TemplateField, ...] = ()
    """What the variables of the voice template hold, in their order."""
    voice_longest: int = Field(default=50, ge=1)
    """Characters that a variable of the voice template takes."""
    voice_endpoint: Url = "https://vms.tencentcloudapi.com"
    """Address of the voice interface."""


class SmppSettings(Strict):
    """A carrier's short message centre by SMPP 3.4."""

    host: str | None = None
    """Short message centre; no SMS goes by SMPP when absent."""
    port: int = Field(default=2775, ge=1, le=65535)
    """Its port."""
    system_id: str | None = None
    """Account."""
    password: SecretStr | None = None
    """Password, of at most eight characters in SMPP 3.4."""
    system_type: str = ""
    """System type, where the carrier wants one."""
    sender: str = ""
    """Number that is shown."""
    tls: bool = False
    """Whether the connection is encrypted."""


class SirenOutputSettings(Strict):
    """One relay."""

    topic: str = Field(pattern=r"^[^+#\s]+$")
    on: str
    off: str | None = None
    off_when: tuple[Literal["acknowledged", "cleared", "reset"], ...] = (
        "acknowledged", "cleared", "reset",
    )  # fmt: skip
    sounds_tests: bool = False


class SirenSettings(Strict):
    """Siren relays: the only thing that sitewatch ever switches, and only what stands here."""

    outputs: dict[str, SirenOutputSettings] = Field(default_factory=dict)
    """Relays by the name that a route gives as `output`; see channels.md."""


class AppriseSettings(Strict):
    """Other services through apprise, where that extra is installed."""

    urls: dict[str, SecretStr] = Field(default_factory=dict)
    """Addresses of apprise by the name that a route gives as `service`."""
