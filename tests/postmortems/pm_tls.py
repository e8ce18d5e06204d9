# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS: certificates that ended where nobody looked, in the chain, in a file that was never loaded, or under another name."""
import pki
from place import Place

from kit import case
from sites import Sites

EXPIRED = {"certificate-invalid": ["has expired"]}


@case("PM-61", "Epic Games 2021: the wildcard of an internal zone ran out, on services that the inventory did not cover",
      red={"environment/tls": ["only 1.", "of the certificate's life is left at 127.0.0.1", "expires in 23 h"]}, sources={"http/internal", "http/tools"})
def internal_certificate_ends_tomorrow(bench, broken):
    sites = Sites(bench)
    sites.certificate("internal", issued_ago=89 if broken else 1, lifetime=90)
    entries = [sites.site(), sites.site("internal", certificate="internal"), sites.site("tools", certificate="internal")]
    with sites.running():
        yield bench.environment(http=entries)


def cross_signed(bench, name, days_left):
    """A certificate whose served chain holds the authority's key once more, certified by an older authority and for so many days yet."""
    place, older = bench.place, Place(bench.folder("older"))
    root = pki.authority(older)
    pki._sign(place, place / "tls/ca.csr", place / "tls/cross.pem", "authority", 3000, 3000 + days_left, pki.DEFAULT_SANS, "-cert", root, "-keyfile", older / "tls/ca.key")
    certificate, _ = Sites(bench).certificate(name)
    certificate.write_text("".join(path.read_text() for path in (certificate, place / "tls/cross.pem")))


@case("PM-63", "Spreedly 2020: the AddTrust root ended in the served chain; browsers found another way, OpenSSL 1.0 did not",
      red={"environment/tls": ["sent beside it has expired", "CN=Muster demo authority (issued by"]})
def cross_signed_root_has_ended(bench, broken):
    cross_signed(bench, "crossed", -1 if broken else 400)
    sites = Sites(bench)
    entry = sites.site(certificate="crossed")
    with sites.running():
        yield bench.environment(http=[entry])


@case("PM-63b", "The same three weeks before", amber={"environment/tls": ["sent beside it ends in 20 d", "CN=Muster demo authority (issued by"]})
def cross_signed_root_will_end(bench, broken):
    cross_signed(bench, "crossed", 21 if broken else 400)
    sites = Sites(bench)
    entry = sites.site(certificate="crossed")
    with sites.running():
        yield bench.environment(http=[entry])


@case("PM-65", "MoJ Cloud Platform 2022: Terraform for a test cluster rewrote the default certificate of the live one",
      red={"environment/tls": ["not trusted", "*.yy.test"], "security/certificate-trust": ["not trusted", "*.yy.test"]}, gates={"certificate-invalid": ["does not cover"]})
def certificate_of_another_cluster(bench, broken):
    sites = Sites(bench)
    sites.certificate("swapped", sans="DNS:*.yy.test" if broken else pki.DEFAULT_SANS)
    entry = sites.site(certificate="swapped")
    with sites.running():
        yield bench.environment(http=[entry])


METADATA = """<EntityDescriptor xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><IDPSSODescriptor><KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>
{}
</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor></IDPSSODescriptor></EntityDescriptor>
"""


@case("PM-67", "DFDS 2021: the certificate that signed log-ins ended; no TLS port showed it, and the consoles were shut",
      red={"environment/tls": ["the last certificate that signs log-ins ends in 4", "CN=signing in /metadata.xml"]})
def signing_certificate_ends(bench, broken):
    sites = Sites(bench)
    certificate, _ = sites.certificate("signing", issued_ago=360 if broken else 1, lifetime=365)
    base64 = "".join(line for line in certificate.read_text().splitlines() if not line.startswith("-"))
    bench.place.write("nginx/www/metadata.xml", METADATA.format(base64), service=True)
    entry = sites.site() | {"signOn": "/metadata.xml"}
    with sites.running():
        yield bench.environment(http=[entry])


@case("T-23", "blackbox_exporter 1119: once the certificate had expired, the number that would have said so was gone",
      red={"environment/tls": ["not trusted", "expired"], "security/certificate-trust": ["expired"]}, gates=EXPIRED, facts={"tls.expires_in": ["-"], "tls.not_after": []})
def expired_and_still_measured(bench, broken):
    sites = Sites(bench)
    sites.certificate("ended", issued_ago=100 if broken else 1, lifetime=90)
    entry = sites.site(certificate="ended")
    with sites.running():
        yield bench.environment(http=[entry])


@case("T-25", "cert-manager 7895: “Ready, has not expired”: the file was renewed, and the server went on showing the old one",
      red={"environment/tls": ["not trusted", "expired"], "security/certificate-trust": ["expired"]}, gates=EXPIRED)
def renewed_and_never_loaded(bench, broken):
    sites = Sites(bench)
    sites.certificate("renewed", issued_ago=100 if broken else 1, lifetime=90)
    entry = sites.site(certificate="renewed")
    with sites.running():
        sites.certificate("renewed")
        yield bench.environment(http=[entry])
