// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/tls/tlsfacts.h"

#include <algorithm>
#include <cctype>

namespace muster::tls {

namespace {

constexpr std::size_t kChainLimit = 16;
constexpr std::size_t kAddressLimit = 8;
constexpr int kMinRsaBits = 2048;
constexpr int kMinCurveBits = 224;

double epochOf(WallTime time) { return toSeconds(time.time_since_epoch()); }

std::string joined(const std::vector<std::string> &names)
{
    std::string text;
    for (const std::string &name : names)
        text += (text.empty() ? "" : ", ") + name;
    return clamp(text, 2048);
}

bool isWeakSignature(const std::string &name)
{
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower.find("sha1") != std::string::npos || lower.find("md5") != std::string::npos || lower.find("md2") != std::string::npos;
}

/// "" or why the key is too weak.
std::string weaknessOf(const net::Certificate &certificate)
{
    const bool isRsa = certificate.key.starts_with("RSA");
    const bool isCurve = certificate.key.starts_with("EC") || certificate.key.starts_with("Ed");
    if (isRsa && certificate.keyBits < kMinRsaBits)
        return certificate.key + " key is shorter than 2048 bits";
    if (isCurve && certificate.keyBits < kMinCurveBits)
        return certificate.key + " curve is smaller than 224 bits";
    if (!isRsa && !isCurve)
        return certificate.key + " is not a key type for TLS servers of today";
    if (!certificate.isSelfSigned && isWeakSignature(certificate.signature))
        return "signed with " + certificate.signature;
    return {};
}

Table chainTable(const std::vector<net::Certificate> &chain)
{
    Table table;
    table.columns = {{"subject", ""}, {"issuer", ""}, {"not_after", "epoch"}, {"serial", ""}, {"key", ""}, {"sha256", ""}};
    table.limit = kChainLimit;
    table.isTruncated = chain.size() > kChainLimit;
    for (std::size_t i = 0; i < std::min(chain.size(), kChainLimit); ++i) {
        const net::Certificate &c = chain[i];
        table.rows.push_back({c.subject, c.issuer, epochOf(c.notAfter), c.serial, c.key, c.sha256});
    }
    return table;
}

void addLeafFacts(FactBatch &batch, const net::Certificate &leaf, Millis budget)
{
    const double left = toSeconds(leaf.notAfter - batch.at.wall);
    const double lifetime = toSeconds(leaf.notAfter - leaf.notBefore);
    batch.add("tls.expires_in", left, "s", budget);
    batch.add("tls.lifetime", lifetime, "s", budget);
    if (lifetime > 0)
        batch.add("tls.lifetime_left_ratio", std::clamp(left / lifetime, 0.0, 1.0), "ratio", budget);
    else
        batch.add("tls.lifetime_left_ratio", Unknown{"the certificate ends before it begins", ""}, "ratio", budget);
    batch.add("tls.not_after", epochOf(leaf.notAfter), "epoch", budget);
    batch.add("tls.key", leaf.key + ", " + leaf.signature, "", budget);
    batch.add("tls.subject", leaf.subject, "", budget);
    batch.add("tls.issuer", leaf.issuer, "", budget);
    batch.add("tls.sans", joined(leaf.names), "", budget, "SHA-256 " + leaf.sha256 + "\nserial " + leaf.serial + "\npin " + leaf.pin);
}

/// The end of the first certificate to end among those sent beside the leaf: a verifier of today may find a way around it, an older one does not.
const net::Certificate *firstToEnd(const std::vector<net::Certificate> &chain)
{
    const auto first = chain.size() < 2 ? chain.end() : std::min_element(chain.begin() + 1, chain.end(), [](const auto &a, const auto &b) { return a.notAfter < b.notAfter; });
    return first == chain.end() ? nullptr : &*first;
}

void addChainFacts(FactBatch &batch, const std::vector<net::Certificate> &chain, Millis budget)
{
    const auto *first = firstToEnd(chain);
    batch.add("tls.chain_expires_in", first ? Value(toSeconds(first->notAfter - batch.at.wall)) : Value(NotApplicable{"no certificate is sent beside the server's own"}), "s", budget);
    batch.add("tls.chain_first", first ? first->subject + " (issued by " + first->issuer + ")" : std::string(), "", budget);
    batch.add("tls.chain", chainTable(chain), "", budget);
}

void addLegacyFacts(FactBatch &batch, const Legacy &legacy, Millis budget)
{
    batch.add("tls.legacy_checked", legacy.isChecked, "", budget);
    if (legacy.isChecked)
        batch.add("tls.legacy_offered", legacy.isOffered, "", budget, legacy.version);
    else
        batch.add("tls.legacy_offered", Unknown{"TLS 1.0 and 1.1 could not be tried: " + (legacy.why.empty() ? "not looked at" : legacy.why), ""}, "", budget);
}

} // namespace

KeyJudgement judgeKeys(const std::vector<net::Certificate> &chain)
{
    if (chain.empty())
        return {false, "the server sent no certificate"};
    for (const net::Certificate &certificate : chain) {
        if (const std::string weakness = weaknessOf(certificate); !weakness.empty())
            return {false, certificate.subject + ": " + weakness};
    }
    return {true, {}};
}

void addTlsFacts(FactBatch &batch, const net::TlsInfo &info, const Legacy &legacy, Millis budget)
{
    batch.add("tls.verified", info.isVerified, "", budget, info.verifyError);
    batch.add("tls.verify_error", info.verifyError, "", budget);
    batch.add("tls.name_ok", info.isNameOk, "", budget);
    batch.add("tls.version", info.version, "", budget);
    batch.add("tls.cipher", info.cipher, "", budget);
    const KeyJudgement keys = judgeKeys(info.chain);
    batch.add("tls.key_ok", keys.isOk, "", budget, keys.why);
    addChainFacts(batch, info.chain, budget);
    if (!info.chain.empty())
        addLeafFacts(batch, info.chain.front(), budget);
    addLegacyFacts(batch, legacy, budget);
}

Table addressTable()
{
    Table table;
    table.columns = {{"address", ""}, {"verified", ""}, {"subject", ""}, {"expires_in", "s"}, {"life_left", "ratio"}, {"version", ""}, {"cipher", ""}, {"key", ""},
                     {"legacy", ""}, {"problem", ""}};
    table.limit = kAddressLimit;
    return table;
}

void addAddress(Table &table, const std::string &address, const net::TlsInfo &info, const Legacy &legacy, WallTime now)
{
    if (table.rows.size() >= table.limit) {
        table.isTruncated = true;
        return;
    }
    const net::Certificate leaf = info.chain.empty() ? net::Certificate{} : info.chain.front();
    const double left = toSeconds(leaf.notAfter - now);
    const double lifetime = toSeconds(leaf.notAfter - leaf.notBefore);
    const auto keys = judgeKeys(info.chain);
    const std::string old = !legacy.isChecked ? "not tried" : legacy.isOffered ? legacy.version : "refused";
    table.rows.push_back({address, info.isVerified, leaf.subject, info.chain.empty() ? Cell() : Cell(left), lifetime > 0 ? Cell(std::clamp(left / lifetime, 0.0, 1.0)) : Cell(),
                          info.version, info.cipher, leaf.key, old, clamp(info.isVerified ? keys.why : info.verifyError, 300)});
}

bool isWorse(const net::TlsInfo &a, const net::TlsInfo &b)
{
    if (a.isVerified != b.isVerified)
        return !a.isVerified;
    if (a.chain.empty() || b.chain.empty())
        return a.chain.empty() && !b.chain.empty();
    if (a.chain.front().notAfter != b.chain.front().notAfter)
        return a.chain.front().notAfter < b.chain.front().notAfter;
    const auto *mine = firstToEnd(a.chain);
    const auto *other = firstToEnd(b.chain);
    return mine && (!other || mine->notAfter < other->notAfter);
}

} // namespace muster::tls
