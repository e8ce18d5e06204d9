// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/importdraft.h"

#include <QUrl>
#include <QUrlQuery>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>

namespace muster::environment {

namespace {

using OrderedJson = nlohmann::ordered_json;

/// host:port:database:user of one line; the password behind the fourth colon is not looked at.
///   db1.shop.example:5432:shop:oncall:…
///   \:\:1:*:*:back\\slash:…
std::optional<std::array<std::string, 4>> passfileFields(std::string_view line)
{
    std::array<std::string, 4> fields;
    std::size_t field = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == ':') {
            if (++field == fields.size())
                return fields;
            continue;
        }
        if (line[i] == '\\' && i + 1 < line.size())
            ++i;
        fields[field] += line[i];
    }
    return std::nullopt;
}

bool isPort(const std::string &text)
{
    int port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() && port > 0 && port < 65536;
}

/// One server for one user, with all databases that the lines name.
struct Login {
    std::string host;
    std::string port;
    std::string user;
    std::vector<std::string> databases;
};

struct LoginBook {
    std::vector<Login> logins;

    Login &at(const std::string &host, const std::string &port, const std::string &user)
    {
        const auto it = std::ranges::find_if(logins, [&](const Login &known) { return known.host == host && known.port == port && known.user == user; });
        return it != logins.end() ? *it : logins.emplace_back(Login{host, port, user, {}});
    }
};

QString qt(const std::string &text)
{
    return QString::fromStdString(text);
}

std::string postgresUrl(const Login &login, const std::string &database, const std::string &passfile)
{
    QUrl url;
    url.setScheme(QStringLiteral("postgresql"));
    url.setHost(qt(login.host), QUrl::DecodedMode);
    url.setPort(std::stoi(login.port));
    if (login.user != "*")
        url.setUserName(qt(login.user), QUrl::DecodedMode);
    url.setPath(u'/' + qt(database), QUrl::DecodedMode);
    if (!passfile.empty()) {
        QUrlQuery query;
        query.addQueryItem(QStringLiteral("passfile"), QString::fromUtf8(QUrl::toPercentEncoding(qt(passfile), "/")));
        url.setQuery(query);
    }
    return url.isValid() && !url.host().isEmpty() ? url.toString(QUrl::FullyEncoded).toStdString() : std::string();
}

void addLogin(ImportDraft &draft, const Login &login, const std::string &path, bool isUsual)
{
    auto named = login.databases;
    std::erase(named, "*");
    const bool isPooler = named == std::vector<std::string>{"pgbouncer"};
    Candidate candidate{isPooler ? "pgbouncer" : "postgres", shortHost(login.host), {}, {}, {}, {}};
    candidate.url = postgresUrl(login, named.empty() ? "postgres" : named.front(), isUsual ? std::string() : path);
    if (candidate.url.empty()) {
        draft.remark(path + ": a line names a host that does not fit into a URL; left out");
        return;
    }
    candidate.comments.push_back("The password stays in " + path + ", where libpq reads it.");
    if (named.empty())
        candidate.comments.emplace_back("The passfile allows every database; name those that count in “databases”.");
    if (login.user == "*")
        candidate.comments.emplace_back("The passfile allows every user; write one before the host (user@).");
    if (!isPooler && named.size() > 1)
        candidate.more["databases"] = named;
    draft.add(std::move(candidate));
}

/// "[name]" of a section line.
std::optional<std::string> sectionName(const std::string &line)
{
    if (!line.starts_with('[') || line.find(']') == std::string::npos)
        return std::nullopt;
    return line.substr(1, line.find(']') - 1);
}

std::string stripped(std::string line)
{
    line.erase(line.find_last_not_of(" \t\r") + 1);
    line.erase(0, std::min(line.find_first_not_of(" \t"), line.size()));
    return line;
}

struct Service {
    std::string name;
    std::string host;
    std::string database;
    bool hasPassword = false;
};

void addService(ImportDraft &draft, const Service &service, const std::string &path, bool isUsual)
{
    if (service.name.empty())
        return;
    const auto encoded = QUrl::toPercentEncoding(qt(service.name)).toStdString();
    Candidate candidate{service.database == "pgbouncer" ? "pgbouncer" : "postgres", service.name, "postgresql:///?service=" + encoded, {}, {}, {}};
    candidate.comments.push_back("Host, user and TLS come from [" + service.name + "] of " + path + (service.hasPassword ? ", and so does the password." : "."));
    if (!isUsual)
        candidate.comments.push_back("Start the programs with PGSERVICEFILE=" + std::filesystem::absolute(path).lexically_normal().string());
    if (!service.database.empty() && candidate.section == "postgres")
        candidate.more["databases"] = {service.database};
    draft.add(std::move(candidate));
}

} // namespace

void importPassfile(ImportDraft &draft, const std::string &text, const std::string &path, bool isUsual)
{
    std::istringstream lines(text);
    std::string line;
    LoginBook book;
    for (int number = 1; std::getline(lines, line); ++number) {
        const auto place = path + ", line " + std::to_string(number) + ": ";
        if (line.starts_with('#') || stripped(line).empty())
            continue;
        const auto fields = passfileFields(line);
        if (!fields) {
            draft.remark(place + "is not host:port:database:user:password; libpq ignores it too");
            continue;
        }
        const auto &[host, port, database, user] = *fields;
        if (host == "*")
            draft.remark(place + "fits every host and names none; left out");
        else if (host.empty() || host.starts_with('/') || host.starts_with('@'))
            draft.remark(place + "names a local socket; write a URL with localhost for it");
        else if (port != "*" && !isPort(port))
            draft.remark(place + "has a port that is none; left out");
        else
            book.at(host, port == "*" ? "5432" : port, user).databases.push_back(database);
    }
    for (const auto &login : book.logins)
        addLogin(draft, login, isUsual ? path : std::filesystem::absolute(path).lexically_normal().string(), isUsual);
}

void importServiceFile(ImportDraft &draft, const std::string &text, const std::string &path, bool isUsual)
{
    std::istringstream lines(text);
    std::string raw;
    Service service;
    while (std::getline(lines, raw)) {
        const auto line = stripped(raw);
        if (const auto name = sectionName(line)) {
            addService(draft, service, path, isUsual);
            service = Service{*name, {}, {}, false};
        } else if (line.starts_with("dbname=")) {
            service.database = line.substr(7);
        } else if (line.starts_with("password=")) {
            service.hasPassword = true;
        } else if (line.starts_with("ldap")) {
            draft.remark(path + ": [" + service.name + "] is looked up by LDAP; the console reads the file only");
        }
    }
    addService(draft, service, path, isUsual);
}

} // namespace muster::environment
