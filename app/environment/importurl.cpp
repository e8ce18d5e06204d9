// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/importdraft.h"

#include <QUrl>
#include <QUrlQuery>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace muster::environment {

namespace {

using Done = std::expected<void, std::string>;

/// A URL without what may be secret, and what was taken out.
struct CleanUrl {
    QUrl url;
    bool hadPassword = false;
    std::vector<std::string> comments;

    [[nodiscard]] std::string text() const { return url.toString(QUrl::FullyEncoded).toStdString(); }
    [[nodiscard]] std::string host() const { return url.host(QUrl::FullyDecoded).toStdString(); }
    [[nodiscard]] std::string path() const { return url.path(QUrl::FullyEncoded).toStdString(); }
};

/// The query of a PostgreSQL URL is libpq's own; of all others it may hold tokens and is of no use here.
void cleanQuery(CleanUrl &clean, bool isPostgres)
{
    static const std::vector<QString> kept{QStringLiteral("sslmode"), QStringLiteral("sslrootcert"), QStringLiteral("target_session_attrs"),
                                           QStringLiteral("channel_binding"), QStringLiteral("connect_timeout"), QStringLiteral("service"), QStringLiteral("passfile")};
    const QUrlQuery before(clean.url);
    QUrlQuery after;
    for (const auto &[key, value] : before.queryItems(QUrl::FullyEncoded)) {
        if (isPostgres && key == QLatin1String("password"))
            clean.hadPassword = true;
        else if (isPostgres && std::ranges::find(kept, key) != kept.end())
            after.addQueryItem(key, value);
        else if (clean.comments.empty())
            clean.comments.emplace_back("What stood behind the “?” was left out.");
    }
    clean.url.setQuery(after.isEmpty() ? QString() : after.toString(QUrl::FullyEncoded));
    clean.url.setFragment(QString());
}

std::expected<CleanUrl, std::string> cleaned(const std::string &text, const std::string &what)
{
    CleanUrl clean{QUrl(QString::fromStdString(text), QUrl::StrictMode), false, {}};
    const auto scheme = clean.url.scheme();
    const bool isPostgres = scheme.startsWith(QLatin1String("postgres"));
    const bool isService = isPostgres && QUrlQuery(clean.url).hasQueryItem(QStringLiteral("service"));
    if (!clean.url.isValid() || (clean.url.host().isEmpty() && !isService))
        return std::unexpected(what + " is not a URL of the form scheme://user@host:port/path (signs such as @ : / in a user's name are written %40 %3A %2F)");
    clean.hadPassword = !clean.url.password().isEmpty();
    clean.url.setUserInfo(clean.url.userName().isEmpty() ? QString() : clean.url.userName(QUrl::FullyEncoded));
    cleanQuery(clean, isPostgres);
    return clean;
}

void addServer(ImportDraft &draft, const CleanUrl &clean, const char *section, const char *secretKey = "password")
{
    Candidate candidate{section, shortHost(clean.host()), clean.text(), {}, clean.hadPassword ? secretKey : "", clean.comments};
    draft.add(std::move(candidate));
}

void addPostgres(ImportDraft &draft, const CleanUrl &clean)
{
    const QString service = QUrlQuery(clean.url).queryItemValue(QStringLiteral("service"), QUrl::FullyDecoded);
    const bool isPooler = clean.path() == "/pgbouncer" || clean.url.port() == 6432;
    Candidate candidate{isPooler ? "pgbouncer" : "postgres", clean.url.host().isEmpty() ? service.toStdString() : shortHost(clean.host()), clean.text(), {},
                        clean.hadPassword ? "password" : "", clean.comments};
    if (!clean.hadPassword)
        candidate.comments.emplace_back("Without “password”, libpq looks into its passfile.");
    if (!QUrlQuery(clean.url).hasQueryItem(QStringLiteral("sslmode")) && service.isEmpty())
        candidate.comments.emplace_back("Add ?sslmode=verify-full, so that the server must prove who it is.");
    draft.add(std::move(candidate));
}

bool endsWithAny(std::string_view text, std::initializer_list<std::string_view> endings)
{
    return std::ranges::any_of(endings, [&](std::string_view ending) { return text.ends_with(ending); });
}

/// By what it looks like: an exposition, a Prometheus, or a site with a page of it.
void addHttp(ImportDraft &draft, CleanUrl clean)
{
    const auto path = clean.path();
    const auto key = std::string(clean.hadPassword ? "bearer" : "");
    if (clean.hadPassword)
        clean.comments.emplace_back("It had a user and a password; this console sends bearer tokens only.");
    clean.url.setUserName(QString());
    if (path.ends_with("/metrics"))
        return draft.add({"metrics", shortHost(clean.host()), clean.text(), {}, key, clean.comments});
    if (clean.url.port() == 9090 && path.size() <= 1)
        return draft.add({"prometheus", shortHost(clean.host()), clean.text(), {}, key, clean.comments});
    clean.url.setPath(QString());
    Candidate candidate{"http", shortHost(clean.host()), clean.text(), {}, key, clean.comments};
    if (endsWithAny(path, {"/health", "/healthz", "/health/", "/ready", "/readyz", "/livez", "/ping", "/status"}))
        candidate.more["health"] = path;
    else if (endsWithAny(path, {"openapi.json", "openapi.yaml", "openapi.yml", "swagger.json", "swagger.yaml"}))
        candidate.more["openapi"] = path;
    else if (path.size() > 1)
        candidate.more["api"] = {path};
    draft.add(std::move(candidate));
}

void addSmtp(ImportDraft &draft, const CleanUrl &clean)
{
    const auto user = clean.url.userName(QUrl::FullyDecoded).toStdString();
    const auto host = clean.host();
    const auto dot = host.find('.');
    const auto domain = dot != std::string::npos && host.find('.', dot + 1) != std::string::npos && host != shortHost(host) ? host.substr(dot + 1) : host;
    Candidate candidate{"smtp", "smtp", clean.text(), {}, clean.hadPassword ? "password" : "", clean.comments};
    candidate.more["tls"] = clean.url.scheme() == QLatin1String("smtps") ? "implicit" : "starttls";
    candidate.more["from"] = user.find('@') != std::string::npos ? user : "alerts@" + domain;
    candidate.comments.emplace_back("“from” is a guess; add the receivers of the test mail: \"to\": [\"oncall@…\"].");
    draft.add(std::move(candidate));
}

} // namespace

Done importUrl(ImportDraft &draft, const std::string &url, const std::string &what)
{
    auto clean = cleaned(url, what);
    if (!clean)
        return std::unexpected(clean.error());
    const auto scheme = clean->url.scheme();
    if (clean->hadPassword)
        draft.remark(what + " held a password, which was left out: say in the file where it is kept; whoever reads that place (a shell's history, a configuration) knows it");
    if (scheme == QLatin1String("postgresql") || scheme == QLatin1String("postgres"))
        addPostgres(draft, *clean);
    else if (scheme == QLatin1String("redis") || scheme == QLatin1String("rediss"))
        addServer(draft, *clean, "redis");
    else if (scheme == QLatin1String("http") || scheme == QLatin1String("https"))
        addHttp(draft, *clean);
    else if (scheme == QLatin1String("smtp") || scheme == QLatin1String("smtps"))
        addSmtp(draft, *clean);
    else if (scheme == QLatin1String("imap") || scheme == QLatin1String("imaps"))
        draft.setMailbox(clean->text());
    else
        return std::unexpected(what + " has a scheme that the console does not speak; it speaks postgresql, redis, rediss, http, https, smtp, smtps, imap and imaps");
    return {};
}

} // namespace muster::environment
