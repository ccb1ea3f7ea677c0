# ruff: noqa: RUF001 - words of many languages have letters that look like ours
"""Words by which pages say what they are, in the languages that hosters write.

Each list is short on purpose: a phrase stands here when it hardly stands anywhere else. None
decides alone; `rules` weighs them with the form of the answer.
"""

from __future__ import annotations

import re
from typing import Final


def _any(*phrases: str) -> re.Pattern[str]:
    # Letters only, so that "404" is no part of a longer number and "login" none of "bloginfo".
    return re.compile(r"(?<!\w)(?:" + "|".join(phrases) + r")(?!\w)", re.IGNORECASE)


def _run_on(*phrases: str) -> re.Pattern[str]:
    """The same for scripts that put no space between words."""
    return re.compile("|".join(phrases))


_NOT_HERE: Final = (
    _any(
        # English
        r"error 404",
        r"404 error",
        r"404",
        r"(?:page|file|image|picture|photo|video|content|album|gallery|post|item|link|url|media)"
        r" (?:was |is |has been |could not be |cannot be |can't be )?"
        r"(?:not found|removed|deleted|disabled|expired|taken down|gone|missing"
        r"|no longer available|not available|unavailable|does not exist|doesn't exist)",
        r"not found",
        r"no such (?:file|page|image)",
        r"no longer (?:available|exists?|here|online)",
        r"(?:has|have) been (?:removed|deleted|taken down|disabled)",
        r"(?:does not|doesn't) exist",
        r"nothing (?:here|found)",
        # Dutch
        r"niet gevonden",
        r"bestaat niet(?: meer)?",
        r"is verwijderd",
        r"niet (?:meer )?beschikbaar",
        # French
        r"(?:page|fichier|image) introuvable",
        r"introuvable",
        r"n'existe (?:pas|plus)",
        r"(?:a|été) supprimée?s?",
        r"n'est plus disponible",
        # German
        r"nicht gefunden",
        r"existiert nicht(?: mehr)?",
        r"(?:wurde )?gelöscht",
        r"nicht (?:mehr )?verfügbar",
        # Spanish, Portuguese, Italian, Romanian, Catalan
        r"no encontrad[ao]s?",
        r"no existe",
        r"(?:ha sido|fue) eliminad[ao]",
        r"não encontrad[ao]s?",
        r"não existe",
        r"foi (?:removid|excluíd)[ao]",
        r"non trovat[ao]",
        r"non esiste(?: più)?",
        r"è stat[ao] (?:rimoss|eliminat)[ao]",
        r"nu a fost găsit[ăe]?",
        r"no s'ha trobat",
        # Slavic
        r"(?:страница|файл|изображение)(?: не)? (?:не )?(?:найден[ао]?|удал[её]н[ао]?|существует)",
        r"не найден[ао]?",
        r"удал[её]н[ао]?",
        r"не існує",
        r"не знайдено",
        r"nie znaleziono",
        r"nie istnieje",
        r"został[ao]? usunięt[aye]",
        r"nenalezen[ao]?",
        r"neexistuje",
        r"nebyl[ao]? nalezen[ao]?",
        r"nije pronađen[ao]?",
        r"не е намерен[ао]?",
        # Nordic, Baltic, Hungarian, Finnish
        r"hittades inte",
        r"kunde inte hittas",
        r"finns inte",
        r"(?:blev )?ikke fundet",
        r"(?:ble )?ikke funnet",
        r"finnes ikke",
        r"findes ikke",
        r"ei löyd(?:y|etty|ä)",
        r"nem található",
        r"ei leitud",
        r"nerasta(?:s)?",
        # Turkish, Greek, Vietnamese, Indonesian
        r"bulunamadı",
        r"silinmiş(?:tir)?",
        r"δεν βρέθηκε",
        r"không tìm thấy",
        r"không tồn tại",
        r"tidak ditemukan",
    ),
    # A mixture of scripts without spaces, and two in which words take many endings.
    _run_on(
        "見つかりません",
        "存在しません",
        "削除され",
        "ページがありません",
        "找不到",
        "未找到",
        "不存在",
        "已被?删除",
        "已被?刪除",
        "찾을 수 없",
        "존재하지 않",
        "삭제되",
        "غير موجود",
        "لم يتم العثور",
        "לא נמצא",
        "ไม่พบ",
        "یافت نشد",
    ),
)

_LOG_IN: Final = (
    _any(
        r"log ?in",
        r"sign ?in",
        r"log on",
        r"members? only",
        r"(?:please )?(?:enter|enter your) password",
        r"password (?:protected|required)",
        r"private (?:album|gallery|content)",
        r"inloggen",
        r"aanmelden",
        r"wachtwoord",
        r"se connecter",
        r"connexion",
        r"mot de passe",
        r"anmelden",
        r"anmeldung",
        r"einloggen",
        r"passwort",
        r"iniciar sesión",
        r"contraseña",
        r"entrar",
        r"senha",
        r"accedi",
        r"войти",
        r"вход",
        r"пароль",
        r"zaloguj(?: się)?",
        r"hasło",
        r"přihlá(?:sit|šení)",
        r"heslo",
        r"logga in",
        r"log ind",
        r"logg inn",
        r"kirjaudu",
        r"bejelentkezés",
        r"giriş(?: yap)?",
        r"autentificare",
        r"đăng nhập",
        r"masuk",
        r"σύνδεση",
    ),
    _run_on("ログイン", "登录", "登入", "로그인", "تسجيل الدخول", "התחברות", "เข้าสู่ระบบ"),
)

_NOT_FROM_THERE: Final = (
    _any(
        r"(?:not|isn't|is not|no longer) (?:available|accessible|offered) (?:in|from) your"
        r" (?:country|region|location|area)",
        r"(?:blocked|restricted|prohibited) (?:in|from) your (?:country|region|location)",
        r"your (?:country|region|location) (?:is|has been) (?:blocked|restricted|banned)",
        r"geo-?(?:blocked|restricted|restriction|blocking)",
        r"access from your (?:country|region|location)",
        r"niet beschikbaar in (?:uw|jouw|je) (?:land|regio)",
        r"(?:pas disponible|indisponible) dans votre (?:pays|région)",
        r"in (?:ihrem|deinem) (?:land|region) nicht verfügbar",
        r"no (?:está )?disponible en (?:su|tu) (?:país|región)",
        r"não (?:está )?disponível (?:no|em) seu país",
        r"non (?:è )?disponibile nel tuo paese",
        r"недоступ\w* в вашей (?:стране|регионе)",
        r"недоступ\w* в вашем регионе",
        r"niedostępn\w+ w (?:twoim|państwa) kraju",
        r"ülkenizde (?:kullanılamıyor|erişilemiyor)",
    ),
    _run_on("お住まいの(?:国|地域)", "您所在的(?:国家|地区|國家|地區)", "해당 (?:국가|지역)에서"),
)

_PROVE_YOU_ARE_HUMAN: Final = (
    _any(
        r"just a moment",
        r"checking (?:your browser|if the site connection is secure)",
        r"verify(?:ing)? (?:that )?you are (?:a )?human",
        r"are you a robot",
        r"attention required",
        r"ddos(?:-guard)? protection",
        r"enable javascript and cookies to continue",
        r"captcha",
    ),
)

# Paths to which a site sends whoever asks for what is not there, or not for them.
NOT_HERE_PATH: Final = re.compile(
    r"[/_-](?:404|error|not[-_]?found|removed|deleted|missing|gone|unavailable|no[-_]?image"
    r"|placeholder)(?:[/._?-]|$)",
    re.IGNORECASE,
)
LOG_IN_PATH: Final = re.compile(
    r"/(?:log[-_]?in|sign[-_]?in|auth(?:enticate)?|accounts?/login|session/new|members?|password)"
    r"(?:[/._?-]|$)",
    re.IGNORECASE,
)
MEDIA_PATH: Final = re.compile(
    r"\.(?:jpe?g|jpe|jfif|png|gif|webp|bmp|avif|heic|heif|tiff?|mp4|m4v|mov|webm|mkv|avi|flv|wmv"
    r"|mpe?g|ts|3gp)$",
    re.IGNORECASE,
)


def says_not_here(text: str) -> bool:
    """Whether the text says that something is not (or no longer) there."""
    return _in_any(text, _NOT_HERE)


def says_log_in(text: str) -> bool:
    """Whether the text asks its reader to say who they are."""
    return _in_any(text, _LOG_IN)


def says_not_from_there(text: str) -> bool:
    """Whether the text says that readers from some countries are kept out."""
    return _in_any(text, _NOT_FROM_THERE)


def says_prove_human(text: str) -> bool:
    """Whether the text is of a gate against programs."""
    return _in_any(text, _PROVE_YOU_ARE_HUMAN)


def _in_any(text: str, lists: tuple[re.Pattern[str], ...]) -> bool:
    return any(pattern.search(text) for pattern in lists)
