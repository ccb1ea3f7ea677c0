"""Parameters that only say which link was clicked, and never which page is shown."""

# Each is set by the company named, on links that go anywhere. A general word (`ref`, `id`, `s`) is
# never here, even where some site tracks with it: elsewhere it names the picture, and two pictures
# would become one item.
_NAMES = frozenset(
    {
        "_ga",  # Google
        "_gl",
        "dclid",
        "gad_campaignid",
        "gad_source",
        "gbraid",
        "gclid",
        "gclsrc",
        "srsltid",
        "wbraid",
        "fbclid",  # Meta
        "igsh",
        "igshid",
        "msclkid",  # Microsoft
        "li_fat_id",  # LinkedIn
        "ref_src",  # X
        "ref_url",
        "twclid",
        "ttclid",  # TikTok
        "rdt_cid",  # Reddit
        "epik",  # Pinterest
        "sccid",  # Snap
        "yclid",  # Yandex
        "ysclid",
        "mc_cid",  # Mailchimp
        "mc_eid",
        "_hsenc",  # HubSpot
        "_hsmi",
        "__hsfp",
        "__hssc",
        "__hstc",
        "hsctatracking",
        "mkt_tok",  # Marketo
        "oly_anon_id",  # Omeda
        "oly_enc_id",
        "vero_conv",  # Vero
        "vero_id",
        "ml_subscriber",  # MailerLite
        "ml_subscriber_hash",
        "irclickid",  # Impact
        "wickedid",  # Wicked Reports
    }
)
_PREFIXES = ("utm_", "mtm_", "matomo_", "pk_campaign", "pk_kwd", "pk_source", "pk_medium")


def is_tracking(name: str) -> bool:
    """Say whether the parameter ``name`` (decoded, any case) only tracks."""
    lowered = name.lower()
    return lowered in _NAMES or lowered.startswith(_PREFIXES)
