# ruff: noqa: RUF001 - words of many languages have letters that look like ours
"""What the sites of the rehearsal write on their pages, in the words of their languages.

Written after what servers, forums, blogs and image hosts ship, in twenty languages; some stand in
no list of ours, on purpose.
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

# language: (not here: title, text), (log in: title, button), (not from your country), forbidden
_LANGUAGES: Final[dict[str, tuple[str, str, str, str, str, str]]] = {
    "en": (
        "404 Not Found",
        "The requested URL was not found on this server.",
        "Sign in",
        "You need to sign in or register to view this album.",
        "This content is not available in your country due to legal reasons.",
        "Forbidden",
    ),
    "en-image": (
        "That page doesn't exist",
        "The requested page was not found. It may have been deleted by its owner.",
        "Log in to your account",
        "Log in to continue",
        "Sorry, this image isn't available in your region.",
        "Access denied",
    ),
    "en-forum": (
        "Information",
        "The requested topic does not exist.",
        "Members area - Login",
        "You are not logged in. Please enter your password.",
        "Access from your country has been blocked by the administrator.",
        "No access",
    ),
    "nl": (
        "Pagina niet gevonden",
        "De pagina die u zoekt bestaat niet meer.",
        "Inloggen",
        "Voer uw wachtwoord in om dit album te zien.",
        "Deze inhoud is niet beschikbaar in uw land.",
        "Geen toegang",
    ),
    "fr": (
        "Page introuvable",
        "Cette image n'existe plus ou a été supprimée.",
        "Connexion",
        "Veuillez saisir votre mot de passe.",
        "Ce contenu n'est pas disponible dans votre pays.",
        "Accès refusé",
    ),
    "de": (
        "Seite nicht gefunden",
        "Das Bild wurde gelöscht oder existiert nicht.",
        "Anmelden",
        "Bitte geben Sie Ihr Passwort ein.",
        "Dieser Inhalt ist in Ihrem Land nicht verfügbar.",
        "Zugriff verweigert",
    ),
    "es": (
        "Página no encontrada",
        "La imagen que buscas no existe o ha sido eliminada.",
        "Iniciar sesión",
        "Introduce tu contraseña para continuar.",
        "Este contenido no está disponible en tu país.",
        "Acceso prohibido",
    ),
    "pt": (
        "Página não encontrada",
        "A imagem foi removida pelo usuário.",
        "Entrar",
        "Digite sua senha.",
        "Este conteúdo não está disponível no seu país.",
        "Acesso negado",
    ),
    "it": (
        "Pagina non trovata",
        "Il file richiesto non esiste.",
        "Accedi",
        "Inserisci la password.",
        "Contenuto non disponibile nel tuo paese.",
        "Vietato",
    ),
    "ru": (
        "Страница не найдена",
        "Изображение удалено или никогда не существовало.",
        "Вход",
        "Введите пароль, чтобы войти.",
        "Контент недоступен в вашей стране.",
        "Доступ запрещён",
    ),
    "uk": (
        "Сторінку не знайдено",
        "Такого файлу не існує.",
        "Вхід",
        "Введіть пароль (пароль).",
        "This content is not available in your country.",
        "Заборонено",
    ),
    "pl": (
        "Nie znaleziono strony",
        "Obraz został usunięty.",
        "Zaloguj się",
        "Podaj hasło.",
        "Treść niedostępna w Twoim kraju.",
        "Brak dostępu",
    ),
    "cs": (
        "Stránka nenalezena",
        "Obrázek neexistuje.",
        "Přihlášení",
        "Zadejte heslo.",
        "This content is not available in your country.",
        "Přístup odepřen",
    ),
    "sv": (
        "Sidan hittades inte",
        "Bilden finns inte längre.",
        "Logga in",
        "Ange lösenord.",
        "This content is not available in your region.",
        "Åtkomst nekad",
    ),
    "tr": (
        "Sayfa bulunamadı",
        "Aradığınız resim silinmiş.",
        "Giriş yap",
        "Şifrenizi girin.",
        "Bu içerik ülkenizde kullanılamıyor.",
        "Yasak",
    ),
    "ja": (
        "ページが見つかりません",
        "この画像は削除されました。",
        "ログイン",
        "パスワードを入力してください。",
        "お住まいの地域ではご利用いただけません。",
        "禁止",
    ),
    "zh": (
        "页面不存在",
        "您访问的图片已被删除。",
        "登录",
        "请输入密码。",
        "您所在的地区无法访问。",
        "禁止访问",
    ),
    "ko": (
        "페이지를 찾을 수 없습니다",
        "삭제되었거나 존재하지 않는 이미지입니다.",
        "로그인",
        "비밀번호를 입력하세요.",
        "해당 국가에서 이용할 수 없습니다.",
        "금지됨",
    ),
    "hu": (
        "Az oldal nem található",
        "A kép nem található.",
        "Bejelentkezés",
        "Adja meg a jelszavát.",
        "This content is not available in your country.",
        "Tiltott",
    ),
    "is": (
        "Síða fannst ekki",
        "Myndin er ekki lengur til.",
        "Innskráning",
        "Sláðu inn lykilorð.",
        "This content is not available in your country.",
        "Bannað",
    ),
    "lv": (
        "Lapa nav atrasta",
        "Attēls vairs nepastāv.",
        "Pieslēgties",
        "Ievadiet paroli.",
        "This content is not available in your country.",
        "Aizliegts",
    ),
}
_FILLER: Final = (
    "Upload photos of your holidays and share them with friends.",
    "Mountains, lakes and forests: the newest albums of our members.",
    "Terms of use",
    "Privacy",
    "Contact",
    "About this site",
    "Advertise with us",
    "Help",
    "Our servers store millions of landscapes.",
    "Free image hosting since 2009.",
    "Follow us",
    "All rights reserved.",
    "Cookies help us to deliver our services.",
)
_TALK: Final = (
    "I walked up to the lake last summer and the old bridge was gone.",
    "The hut was not found on any map, so we asked a farmer.",
    "My first upload has been removed by mistake, here it is again.",
    "A long way down, past the chapel, and then along the river until the village.",
    "The light in the evening is best in October, when the larches turn.",
    "Somebody asked whether the path still exists: it does, but it is steep.",
)


@dataclass(frozen=True, slots=True)
class Words:
    """One site's way of writing: its words and the paths of its own pages."""

    seed: int
    front_title: str
    front: str
    talk: str
    not_here_title: str
    not_here: str
    log_in_title: str
    log_in: str
    not_from_there: str
    forbidden: str
    not_here_path: str
    log_in_path: str
    stand_in_path: str
    logo_path: str

    def page(self, title: str, text: str, pictures: list[str], *, corner: bool = False) -> str:
        """A page as this site builds them."""
        images = "".join(f'<img src="{path}" alt="">' for path in pictures)
        form = '<form><input name="u"><input type="password" name="p"></form>' if corner else ""
        return (
            f"<!DOCTYPE html><html><head><meta charset=utf-8><title>{title}</title></head><body>"
            f"{form}<h1>{title}</h1>{images}<p>{text}</p><footer>© {self.seed % 17 + 2009}</footer>"
            "</body></html>"
        )

    def log_in_page(self) -> str:
        """A page that asks who you are, and shows nothing else."""
        return (
            f"<html><head><title>{self.log_in_title}</title></head><body><form method=post>"
            f"<p>{self.log_in}</p><input name=login><input type=password name=pw>"
            f"<button>{self.log_in_title}</button></form></body></html>"
        )

    def challenge_page(self) -> str:
        """A gate against programs."""
        return (
            "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>"
            "<h2>Checking your browser before accessing the site.</h2><script>1</script>"
            "</body></html>"
        )

    def shell_page(self) -> str:
        """A page that a script would fill."""
        return (
            f"<!doctype html><html><head><title>{self.front_title}</title></head>"
            '<body><div id="root"></div><script src="/app.js"></script></body></html>'
        )

    def drawn(self, path: str) -> bytes:
        """A picture of the site's own: its stand-in, or its logo."""
        draw = random.Random(f"{self.seed}{path}")  # noqa: S311 - which colours is no secret
        size = (160, 60) if path == self.logo_path else (draw.randint(200, 400), 200)
        image = Image.new("RGB", size, tuple(draw.randint(100, 255) for _ in range(3)))
        pen = ImageDraw.Draw(image)
        for _ in range(30):
            x, y = draw.randint(0, size[0]), draw.randint(0, size[1])
            colour = tuple(draw.randint(0, 255) for _ in range(3))
            pen.ellipse((x, y, x + draw.randint(10, 90), y + draw.randint(10, 90)), fill=colour)
        out = io.BytesIO()
        image.save(out, "PNG")
        return out.getvalue()


def words_of(draw: random.Random) -> Words:
    """The words of a site drawn at random."""
    title, text, log_in_title, log_in, geo, forbidden = draw.choice(list(_LANGUAGES.values()))
    name = "".join(draw.choices("abcdefghijklmnoprstuvz", k=7)).title()
    filler = " ".join(draw.sample(_FILLER, draw.randint(0, 5)))
    return Words(
        seed=draw.randint(0, 1 << 30),
        front_title=draw.choice([f"{name} photos", f"{name} image host", name]),
        front=" ".join(draw.sample(_FILLER, 6)),
        talk=" ".join(draw.choice(_TALK) for _ in range(40)),
        not_here_title=draw.choice([title, f"{title} - {name}", f"{name}: {title}", name]),
        not_here=f"{text} {filler}",
        log_in_title=draw.choice([log_in_title, f"{log_in_title} | {name}"]),
        log_in=log_in,
        not_from_there=geo,
        forbidden=forbidden,
        not_here_path=draw.choice(
            ["/404", "/404.html", "/error/404", "/not-found", "/notfound.php"]
        ),
        log_in_path=draw.choice(["/login", "/signin", "/auth/login.php", "/account/log-in"]),
        stand_in_path=draw.choice(
            ["/img/removed.png", "/static/404.png", "/images/not_found.png", "/s/nothing.png"]
        ),
        logo_path="/static/logo.png",
    )
