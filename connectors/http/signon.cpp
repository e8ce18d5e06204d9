// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/signon.h"

#include "connectors/http/json.h"

#include <cctype>
#include <string>

namespace muster::http {

namespace {

constexpr std::size_t kCertificates = 32;
constexpr std::size_t kLength = 64UL * 1024; ///< base64 characters of one certificate
constexpr std::size_t kLine = 64;

/// Adds what the base64 text holds; anything that is no certificate adds nothing.
void addCertificate(std::vector<net::Certificate> &found, std::string_view base64)
{
    if (base64.size() > kLength || found.size() >= kCertificates)
        return;
    std::string pem = "-----BEGIN CERTIFICATE-----\n";
    std::size_t width = 0;
    for (const char c : base64) {
        if (std::isspace(static_cast<unsigned char>(c)))
            continue;
        pem += c;
        if (++width % kLine == 0)
            pem += '\n';
    }
    const auto read = net::certificatesFromPem(pem + "\n-----END CERTIFICATE-----\n");
    if (!read.empty())
        found.push_back(read.front());
}

} // namespace

std::vector<net::Certificate> signOnCertificates(std::string_view document)
{
    // <ds:X509Data><ds:X509Certificate>MIIC8DCC…</ds:X509Certificate></ds:X509Data>
    // {"keys":[{"kty":"RSA","use":"sig","x5c":["MIIC8DCC…"]}]}
    std::vector<net::Certificate> found;
    if (const auto root = parseJson(document); root && root->is_object()) {
        for (const auto &key : arrayAt(*root, "keys")) {
            const auto &chain = arrayAt(key, "x5c"); // the first one is the key's own
            if (!chain.empty() && chain.front().is_string())
                addCertificate(found, chain.front().get_ref<const std::string &>());
        }
        return found;
    }
    constexpr std::string_view kOpen = "X509Certificate>";
    for (auto at = document.find(kOpen); at != std::string_view::npos && found.size() < kCertificates; at = document.find(kOpen, at)) {
        at += kOpen.size();
        const auto end = document.find('<', at); // after a closing tag this is white space only
        addCertificate(found, document.substr(at, end == std::string_view::npos ? 0 : end - at));
    }
    return found;
}

} // namespace muster::http
