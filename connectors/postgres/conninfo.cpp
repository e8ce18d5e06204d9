// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/postgres/conninfo.h"

#include "models/facts/fact.h"

#include <libpq-fe.h>

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

namespace muster::postgres {

namespace {

Fault configFault(std::string detail, std::string hint)
{
    return { FaultKind::Config, "configuration", clamp(detail, 512), std::move(hint) };
}

std::string environment(const char *name)
{
    const char *value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nothing in this program calls setenv
    return value ? value : "";
}

std::string systemUser()
{
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd *found = nullptr;
    if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found)
        return found->pw_name;
    return environment("USER");
}

/// A service file may hold the first lines of a whole company: 1 MiB is plenty.
std::optional<std::string> readSmallFile(const std::string &path)
{
    constexpr std::size_t kLimit = std::size_t{ 1 } << 20;
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return std::nullopt;
    std::string text(kLimit, '\0');
    file.read(text.data(), static_cast<std::streamsize>(kLimit));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

/// libpq's own order: PGSERVICEFILE, else ~/.pg_service.conf; then the system's.
std::vector<std::string> serviceFiles()
{
    std::vector<std::string> paths;
    if (const auto own = environment("PGSERVICEFILE"); !own.empty())
        paths.push_back(own);
    else if (const auto home = environment("HOME"); !home.empty())
        paths.push_back(home + "/.pg_service.conf");
    const auto system = environment("PGSYSCONFDIR");
    paths.push_back((system.empty() ? "/etc/postgresql-common" : system) + "/pg_service.conf");
    return paths;
}

std::expected<std::map<std::string, std::string>, Fault> parseUrl(const std::string &url)
{
    using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;
    char *message = nullptr;
    const Options options(PQconninfoParse(url.c_str(), &message), &PQconninfoFree);
    if (!options) {
        PQfreemem(message); // libpq quotes the text it could not read, and that may hold a password
        return std::unexpected(configFault("the address of the server is not a PostgreSQL URL",
                                           "Write it as postgresql://user@host:5432/database?sslmode=verify-full."));
    }
    std::map<std::string, std::string> keywords;
    for (const PQconninfoOption *option = options.get(); option->keyword; ++option) {
        if (option->val)
            keywords.emplace(option->keyword, option->val);
    }
    return keywords;
}

std::expected<void, Fault> addService(std::map<std::string, std::string> &keywords)
{
    const auto service = keywords.find("service");
    if (service == keywords.end())
        return {};
    const std::string name = service->second;
    for (const auto &path : serviceFiles()) {
        const auto text = readSmallFile(path);
        if (!text)
            continue;
        const auto section = parseServiceSection(*text, name);
        if (section.empty())
            continue;
        for (const auto &[key, value] : section)
            keywords.emplace(key, value); // the url wins
        keywords.erase("service");
        return {};
    }
    return std::unexpected(configFault("service \"" + name + "\" is in no service file",
                                       "Add a section [" + name + "] to ~/.pg_service.conf or name the host in the url."));
}

} // namespace

std::expected<ConnectionParameters, Fault> ConnectionParameters::from(const Target &target)
{
    auto keywords = parseUrl(target.url);
    if (!keywords)
        return std::unexpected(keywords.error());
    if (auto added = addService(*keywords); !added)
        return std::unexpected(added.error());

    ConnectionParameters parameters;
    if (const auto password = keywords->find("password"); password != keywords->end()) {
        parameters.m_password = Secret(password->second);
        keywords->erase(password);
    }
    const auto replace = [&keywords](const char *key, const std::string &value) {
        if (!value.empty())
            keywords->insert_or_assign(key, value);
    };
    replace("sslrootcert", target.caFile);
    replace("sslcert", target.clientCertFile);
    replace("sslkey", target.clientKeyFile);
    if (!target.caFile.empty())
        keywords->emplace("sslmode", "verify-full");
    if (!target.databases.empty())
        keywords->emplace("dbname", target.databases.front());
    keywords->emplace("user", systemUser());
    keywords->emplace("dbname", keywords->at("user"));
    if (!target.verifyName.empty() && keywords->contains("host") && !keywords->contains("hostaddr")) {
        // The name that the certificate must carry becomes the host; what is dialled stays in a keyword of our own, resolved before libpq
        // sees it.
        keywords->emplace("dial", keywords->at("host"));
        keywords->insert_or_assign("host", target.verifyName);
    }
    parameters.m_keywords = std::move(*keywords);
    return parameters;
}

std::string ConnectionParameters::get(const std::string &keyword) const
{
    const auto found = m_keywords.find(keyword);
    return found == m_keywords.end() ? std::string() : found->second;
}

void ConnectionParameters::set(const std::string &keyword, std::string value)
{
    m_keywords.insert_or_assign(keyword, std::move(value));
}

std::string ConnectionParameters::host() const
{
    const auto dialled = get("dial");
    return dialled.empty() ? get("host") : dialled;
}

std::string ConnectionParameters::port() const
{
    const auto port = get("port");
    return port.empty() ? "5432" : port;
}

std::string ConnectionParameters::dbname() const
{
    return get("dbname");
}

std::string ConnectionParameters::user() const
{
    return get("user");
}

std::string ConnectionParameters::sslmode() const
{
    const auto mode = get("sslmode");
    return mode.empty() ? "prefer" : mode;
}

bool ConnectionParameters::isLocalSocket() const
{
    const auto name = host();
    return get("hostaddr").empty() && (name.empty() || name.starts_with('/') || name.starts_with('@'));
}

std::string ConnectionParameters::label() const
{
    const auto name = host().empty() ? get("hostaddr") : host();
    return (name.empty() ? "local socket" : name) + ":" + port() + "/" + dbname();
}

std::vector<std::pair<std::string, std::string>> ConnectionParameters::childEnvironment() const
{
    static constexpr std::array<std::pair<const char *, const char *>, 20> kVariables{ {
        { "host", "PGHOST" },
        { "hostaddr", "PGHOSTADDR" },
        { "port", "PGPORT" },
        { "dbname", "PGDATABASE" },
        { "user", "PGUSER" },
        { "passfile", "PGPASSFILE" },
        { "options", "PGOPTIONS" },
        { "sslmode", "PGSSLMODE" },
        { "sslrootcert", "PGSSLROOTCERT" },
        { "sslcert", "PGSSLCERT" },
        { "sslkey", "PGSSLKEY" },
        { "sslcrl", "PGSSLCRL" },
        { "sslcrldir", "PGSSLCRLDIR" },
        { "sslsni", "PGSSLSNI" },
        { "ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION" },
        { "ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION" },
        { "channel_binding", "PGCHANNELBINDING" },
        { "gssencmode", "PGGSSENCMODE" },
        { "target_session_attrs", "PGTARGETSESSIONATTRS" },
        { "connect_timeout", "PGCONNECT_TIMEOUT" },
    } };
    std::vector<std::pair<std::string, std::string>> result;
    for (const auto &[keyword, variable] : kVariables) {
        if (const auto value = get(keyword); !value.empty())
            result.emplace_back(variable, value);
    }
    return result;
}

Secret ConnectionParameters::passfileLine(const Secret &password) const
{
    const auto escape = [](const std::string &text) {
        std::string escaped;
        for (const char c : text) {
            if (c == ':' || c == '\\')
                escaped += '\\';
            escaped += c;
        }
        return escaped;
    };
    // libpq looks a local socket up as "localhost"; a passfile line with '*' fits whatever address is dialled.
    return Secret("*:*:*:" + escape(user()) + ":" + escape(password.reveal()) + "\n");
}

std::string quoteConninfo(std::string_view value)
{
    std::string quoted = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\')
            quoted += '\\';
        quoted += c;
    }
    return quoted + "'";
}

std::string conninfoString(const std::map<std::string, std::string> &keywords)
{
    std::string text;
    for (const auto &[key, value] : keywords) {
        if (key == "dial")
            continue;
        text += (text.empty() ? "" : " ") + key + "=" + quoteConninfo(value);
    }
    return text;
}

// # comment
// [shop]
// host=db1
std::map<std::string, std::string> parseServiceSection(std::string_view text, std::string_view name)
{
    const auto trim = [](std::string_view s) {
        const auto first = s.find_first_not_of(" \t\r");
        return first == std::string_view::npos ? std::string_view() : s.substr(first, s.find_last_not_of(" \t\r") - first + 1);
    };
    std::map<std::string, std::string> section;
    bool isInside = false;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = trim(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line.front() == '#')
            continue;
        if (line.front() == '[') {
            if (isInside)
                break;
            isInside = line.size() > 2 && line.back() == ']' && line.substr(1, line.size() - 2) == name;
            continue;
        }
        const auto equals = line.find('=');
        if (isInside && equals != std::string_view::npos)
            section.emplace(std::string(trim(line.substr(0, equals))), std::string(trim(line.substr(equals + 1))));
    }
    return section;
}

} // namespace muster::postgres
