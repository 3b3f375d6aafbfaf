"""nginx and the route table say the same: which requests go to which workers, and which are counted as logins."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
SITE = (ROOT / "etc/nginx/scorpius.conf.template").read_text()


def routes():
    """[(method, path, the row's text)] of the route table."""
    text = (ROOT / "app/api/routes.c").read_text()
    table = text[text.index("const struct route api_routes[]"):text.index("/* clang-format on */", text.index("const struct route api_routes[]"))]
    out = []
    for row in re.findall(r"\{ METHOD_.*?\},?\n(?=\n|\t\{|\};)", table, re.S):
        method, v1, path = re.match(r'\{ METHOD_(\w+), (V1 )?"([^"]*)"', row).groups()
        out.append((method, ("/api/v1" if v1 else "") + path, row))
    return out


def mapped(variable, value):
    """What nginx's map gives: the first pattern that matches, else the default."""
    body = re.search(r"map [^\n]* \$%s \{\n(.*?)\n\}" % variable, SITE, re.S).group(1)
    default = None
    for key, result in re.findall(r'^\t("~[^"]*"|default) ([^;]+);', body, re.M):
        if key == "default":
            default = result
        elif re.search(key[2:-1], value):
            return result
    return default


def asked(method, path):
    return f"{method} " + re.sub(r"\{\w+\}", "0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5e", path)


ROUTES = routes()


def test_all_routes_are_seen():
    assert len(ROUTES) == len(re.findall(r"\{ METHOD_", (ROOT / "app/api/routes.c").read_text())) > 30


def test_each_pool_gets_what_is_its_own():
    wrong = [(m, p) for m, p, row in ROUTES if ("POOL_BULK" in row) != (mapped("pool", asked(m, p)) == "scorpius_bulk")]
    assert wrong == []


def test_nginx_counts_the_same_requests_as_logins():
    wrong = [(m, p) for m, p, row in ROUTES if ("LIMIT_AUTH" in row) != (mapped("limit_auth", asked(m, p)) == "$limit_client")]
    assert wrong == []


def test_nginx_counts_all_that_is_counted():
    wrong = [(m, p) for m, p, row in ROUTES if ("LIMIT_NONE" in row) != (mapped("limit_any", asked(m, p)) == '""')]
    assert wrong == []


def test_a_look_at_the_state_that_is_taken_anew_is_counted():
    assert 'map "$request_method $request_uri" $limit_any {' in SITE
    for path in ("/health", "/api/v1/health"):
        assert mapped("limit_any", f"GET {path}") == '""'
        assert mapped("limit_any", f"GET {path}?detailed=true") == "$limit_client"


def test_what_takes_a_password_or_a_link_is_counted_as_a_login():
    """By the names of the routes: one that is forgotten in the table would be counted like a list."""
    sensitive = re.compile(r"/auth/(register|login|refresh|password|email|invitations)")
    assert [(m, p) for m, p, row in ROUTES if sensitive.search(p) and m == "POST" and "LIMIT_AUTH" not in row] == []


def test_what_is_uploaded_is_counted_as_an_upload():
    assert [(m, p) for m, p, row in ROUTES if ("ANY_SIZE" in row) != ("LIMIT_UPLOAD" in row)] == []


def test_a_network_of_ipv6_is_one_client():
    def client(address):
        body = re.search(r"map \$remote_addr \$limit_client \{\n(.*?)\n\}", SITE, re.S).group(1)
        for pattern in re.findall(r'"~([^"]*)"', body):
            found = re.search(re.sub(r"\(\?<", "(?P<", pattern), address)
            if found:
                return next(iter(found.groupdict().values()))
        return address
    assert client("2001:db8:1:2:3:4:5:6") == client("2001:db8:1:2::9") != client("2001:db8:1:3::9")
    assert client("2001:db8::1") == client("2001:db8::2:1")
    assert client("::ffff:192.0.2.1") == "192.0.2.1" and client("192.0.2.1") == "192.0.2.1"
