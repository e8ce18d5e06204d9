// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/url.h"

#include <QString>
#include <QUrl>

#include <algorithm>

namespace muster::http {

namespace {

constexpr std::size_t kUrlLimit = 4096;

std::optional<Url> fromQt(const QUrl &url)
{
    if (!url.isValid() || url.host().isEmpty() || !url.userInfo().isEmpty())
        return std::nullopt;
    Url out;
    out.scheme = url.scheme().toLower().toStdString();
    if (out.scheme != "http" && out.scheme != "https")
        return std::nullopt;
    out.host = url.host(QUrl::FullyEncoded).toLower().toStdString();
    out.port = static_cast<std::uint16_t>(url.port(out.isTls() ? 443 : 80));
    out.target = url.path(QUrl::FullyEncoded).toStdString();
    if (!out.target.starts_with('/'))
        out.target.insert(0, "/");
    if (url.hasQuery())
        out.target += "?" + url.query(QUrl::FullyEncoded).toStdString();
    return out;
}

} // namespace

std::optional<Url> Url::parse(std::string_view text)
{
    if (text.size() > kUrlLimit)
        return std::nullopt;
    return fromQt(QUrl(QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())), QUrl::TolerantMode));
}

std::string bracketed(std::string_view host)
{
    return host.contains(':') ? "[" + std::string(host) + "]" : std::string(host);
}

std::string Url::origin() const
{
    return scheme + "://" + bracketed(host) + ":" + std::to_string(port);
}

std::string Url::authority() const
{
    return hasDefaultPort() ? bracketed(host) : bracketed(host) + ":" + std::to_string(port);
}

std::string Url::text() const
{
    return scheme + "://" + authority() + target;
}

Url Url::withPath(std::string_view path) const
{
    Url out = *this;
    std::string base = target.substr(0, target.find('?'));
    while (base.ends_with('/'))
        base.pop_back();
    out.target = base + (path.starts_with('/') ? "" : "/") + std::string(path);
    return out;
}

std::optional<Url> Url::resolved(std::string_view location) const
{
    if (location.empty() || location.size() > kUrlLimit)
        return std::nullopt;
    const QUrl base(QString::fromStdString(text()));
    return fromQt(base.resolved(QUrl(QString::fromUtf8(location.data(), static_cast<qsizetype>(location.size())), QUrl::TolerantMode)));
}

bool Url::hasLiteralHost() const
{
    return host.contains(':') || std::ranges::all_of(host, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

} // namespace muster::http
