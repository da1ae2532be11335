/** The switches at the right of the header: language, light or dark, sound, account. */

import { ActionIcon, Button, Menu, useMantineColorScheme } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { rememberLanguage, useWords } from "../i18n";
import { useSession } from "../session";
import { MoonIcon, ScreenIcon, SoundIcon, SoundOffIcon, SunIcon, UserIcon } from "../ui/icons";
import { setSound, soundIsOn } from "./sound";

export function LanguageSwitch() {
  const { t, language } = useWords();
  const other = language === "zh" ? "en" : "zh";
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      color="gray"
      lang={other === "zh" ? "zh-CN" : "en"}
      onClick={() => rememberLanguage(other)}
    >
      {t("menu.other_language")}
    </Button>
  );
}

export function SchemeSwitch() {
  const { t } = useWords();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const next = { auto: "light", light: "dark", dark: "auto" } as const;
  const Shape = { auto: ScreenIcon, light: SunIcon, dark: MoonIcon }[colorScheme];
  const word = t(`menu.scheme_${colorScheme}`);
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={`${t("menu.scheme")}: ${word}`}
      title={`${t("menu.scheme")}: ${word}`}
      onClick={() => setColorScheme(next[colorScheme])}
    >
      <Shape />
    </ActionIcon>
  );
}

export function SoundSwitch() {
  const { t } = useWords();
  const [on, setOn] = useState(soundIsOn);
  const word = t(on ? "menu.sound_on" : "menu.sound_off");
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={word}
      aria-pressed={on}
      title={word}
      onClick={() => {
        setSound(!on);
        setOn(!on);
      }}
    >
      {on ? <SoundIcon /> : <SoundOffIcon />}
    </ActionIcon>
  );
}

export function AccountMenu() {
  const { t, say } = useWords();
  const session = useSession();
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t("menu.account")}>
          <UserIcon />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {session?.username}
          <br />
          {session?.roles.map((role) => say("person_role", role)).join("、")}
        </Menu.Label>
        <Menu.Item renderRoot={(props) => <Link {...props} to="/password" />}>
          {t("menu.password")}
        </Menu.Item>
        <Menu.Item renderRoot={(props) => <Link {...props} to="/account" />}>
          {t("account.title")}
        </Menu.Item>
        <Menu.Item renderRoot={(props) => <Link {...props} to="/logout" />}>
          {t("menu.sign_out")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
