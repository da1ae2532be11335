/** Chinese and English: the reader's choice, else the browser's, and remembered. */

import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";
import en from "./locales/en.json";
import zh from "./locales/zh.json";
import type { Language } from "./format/time";

const REMEMBERED = "sitewatch.language";

/** A text by language, as the interface gives it. */
export type Labelled = Record<string, string>;

type Catalogue = typeof zh;
// A key that one catalogue lacks does not compile.
const english: Catalogue = en;
const chinese: typeof en = zh;

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "page";
    resources: { page: Catalogue };
  }
}

function firstLanguage(): Language {
  const remembered = localStorage.getItem(REMEMBERED);
  if (remembered === "zh" || remembered === "en") return remembered;
  const preferred = navigator.languages.find((each) => /^(zh|en)\b/i.test(each)) ?? "zh";
  return preferred.toLowerCase().startsWith("zh") ? "zh" : "en";
}

function tellDocument(language: string): void {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
}

export async function startLanguages(): Promise<void> {
  i18next.on("languageChanged", tellDocument);
  await i18next.use(initReactI18next).init({
    lng: firstLanguage(),
    fallbackLng: "en",
    defaultNS: "page",
    resources: { zh: { page: chinese }, en: { page: english } },
    interpolation: { escapeValue: false },
    returnNull: false,
    showSupportNotice: false,
  });
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(REMEMBERED, language);
  void i18next.changeLanguage(language);
}

export function hasRememberedLanguage(): boolean {
  return localStorage.getItem(REMEMBERED) !== null;
}

/** A label in a language, or in the other one where that is all there is. */
export function label(text: Labelled | null | undefined, language: Language): string {
  if (text === null || text === undefined) return "";
  return text[language] ?? text["zh"] ?? text["en"] ?? "";
}

/** The translator with the language, and `say` for words the service sends as codes. */
export function useWords() {
  const { t, i18n } = useTranslation();
  const language: Language = i18n.language === "zh" ? "zh" : "en";
  return {
    t,
    i18n,
    language,
    name: (text: Labelled | null | undefined) => label(text, language),
    /** The words for a code; the code itself where the catalogue has none (a newer service). */
    say: (group: CodeGroup, code: string | null | undefined): string =>
      code === null || code === undefined
        ? ""
        : i18n.exists(`${group}.${code}`)
          ? i18n.t(`${group}.${code}` as never)
          : code.replaceAll("_", " "),
  };
}

export type CodeGroup =
  | "severity"
  | "alarm_state"
  | "alarm_event"
  | "alarm_class"
  | "fault_class"
  | "held"
  | "show"
  | "finding"
  | "delivery"
  | "channel"
  | "chain"
  | "action"
  | "quality"
  | "reason"
  | "coverage_state"
  | "coverage_reason"
  | "system"
  | "verified"
  | "role"
  | "level"
  | "note"
  | "person_role"
  | "line_state"
  | "device_state"
  | "counter"
  | "balance_mark"
  | "balance_reason"
  | "order_state"
  | "order_step"
  | "order_event"
  | "order_origin"
  | "order_answer"
  | "stage"
  | "figure"
  | "reader"
  | "lane"
  | "confidence"
  | "accepted_by"
  | "file_change";
