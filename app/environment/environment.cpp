// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/environment.h"

#include "app/environment/customfacts.h"
#include "app/environment/jsonreader.h"
#include "app/environment/redisentry.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace muster::environment {

namespace {

constexpr std::uintmax_t kFileLimit = 1U << 20U; // bytes; a hand-written file is a thousandth of it
constexpr int kDepthLimit = 16;
constexpr std::size_t kFilesystems = 20; // each costs Prometheus six hours of samples a round

void readPostgres(Environment &env, ObjectReader &reader)
{
    Postgres entry;
    entry.name = reader.name();
    entry.address = reader.address("url", {{"postgresql", 5432}, {"postgres", 5432}});
    entry.password = reader.secret("password");
    entry.databases = reader.texts("databases");
    if (const int standbys = reader.integer("expectedStandbys", -1, 0, 100); standbys >= 0)
        entry.expectedStandbys = standbys;
    entry.tls = reader.tls();
    if (entry.databases.empty() && entry.address.path.size() > 1)
        entry.databases.push_back(entry.address.path.substr(1));
    env.postgres.push_back(std::move(entry));
}

void readPgBouncer(Environment &env, ObjectReader &reader)
{
    PgBouncer entry;
    entry.name = reader.name();
    entry.address = reader.address("url", {{"postgresql", 6432}, {"postgres", 6432}});
    entry.password = reader.secret("password");
    entry.tls = reader.tls();
    env.pgbouncer.push_back(std::move(entry));
}

void readPrometheus(Environment &env, ObjectReader &reader)
{
    Prometheus entry;
    entry.name = reader.name();
    entry.address = reader.address("url", {{"http", 80}, {"https", 443}});
    entry.bearer = reader.secret("bearer");
    entry.alertmanagers = reader.texts("alertmanagers");
    if (const auto watchdog = reader.text("watchdog"); !watchdog.empty())
        entry.watchdog = watchdog;
    if (reader.has("longTerm"))
        entry.longTerm = reader.address("longTerm", {{"http", 80}, {"https", 443}}).url;
    reader.know("longTerm");
    reader.object("latency", [&](ObjectReader &latency) {
        entry.latencyHistogram = latency.text("histogram", true);
        entry.latencySlo = latency.number("slo", 0, 0, 3600);
        entry.latencyObjective = latency.number("objective", 0, 0.5, 0.999999);
    });
    reader.objects("filesystems", [&](ObjectReader &filesystem) {
        entry.filesystems.push_back({filesystem.text("instance", true), filesystem.text("mount", true)});
    });
    if (entry.filesystems.size() > kFilesystems)
        reader.problem("filesystems", "expected at most " + std::to_string(kFilesystems));
    entry.tls = reader.tls();
    env.prometheus.push_back(std::move(entry));
}

void readMetrics(Environment &env, ObjectReader &reader)
{
    Metrics entry;
    entry.name = reader.name();
    entry.address = reader.address("url", {{"http", 80}, {"https", 443}});
    entry.bearer = reader.secret("bearer");
    entry.tls = reader.tls();
    env.metrics.push_back(std::move(entry));
}

void readHttp(Environment &env, ObjectReader &reader)
{
    Http entry;
    entry.name = reader.name();
    entry.address = reader.address("url", {{"http", 80}, {"https", 443}});
    if (reader.has("plain"))
        entry.plain = reader.address("plain", {{"http", 80}}).url;
    else
        (void)reader.text("plain");
    entry.bearer = reader.secret("bearer");
    entry.health = reader.text("health");
    entry.api = reader.texts("api");
    entry.statics = reader.texts("static");
    entry.openapi = reader.text("openapi");
    entry.instances = reader.texts("instances");
    entry.cdn = reader.truth("cdn");
    entry.signOn = reader.text("signOn");
    entry.tls = reader.tls();
    env.http.push_back(std::move(entry));
}

void readSmtp(Environment &env, ObjectReader &reader)
{
    Smtp entry;
    entry.address = reader.address("url", {{"smtp", 587}, {"smtps", 465}});
    entry.password = reader.secret("password");
    entry.token = reader.secret("token");
    if (entry.password.kind != SecretRef::Kind::None && entry.token.kind != SecretRef::Kind::None)
        reader.problem("token", "expected a password or an OAuth 2.0 access token, not both");
    entry.tlsMode = reader.choice("tls", {"starttls", "implicit", "none"}, entry.address.scheme == "smtps" ? "implicit" : "starttls");
    entry.from = reader.text("from", true);
    entry.to = reader.texts("to");
    if (reader.has("mailbox"))
        entry.mailbox = reader.address("mailbox", {{"imap", 143}, {"imaps", 993}});
    else
        (void)reader.text("mailbox");
    entry.mailboxPassword = reader.secret("mailboxPassword");
    entry.egress = reader.texts("egress");
    entry.dkimSelector = reader.text("dkimSelector");
    entry.dkimDomain = reader.text("dkimDomain");
    entry.dnsServers = reader.text("dnsServers");
    entry.helo = reader.text("helo");
    entry.tls = reader.tls();
    env.smtp = std::move(entry);
}

void readBackupPlace(Backup &entry, ObjectReader &reader)
{
    reader.object("at", [&](ObjectReader &at) {
        entry.ssh = at.text("ssh", true);
        entry.sshConfig = at.path("config");
        entry.remoteEnvironment = at.text("environment");
        if (entry.ssh.starts_with('-') || entry.ssh.find_first_of(" \t\n") != std::string::npos)
            at.problem("ssh", "expected a destination of ssh, such as “db1” or “postgres@db1”");
        const bool isDirectory = entry.driver == "pg_dump" || entry.driver == "pg_basebackup";
        if (isDirectory && entry.remoteEnvironment.empty())
            at.problem("environment", "is missing: musterctl looks at a directory on that host, with an environment file of that host that declares this set");
    });
    reader.object("drill", [&](ObjectReader &drill) {
        entry.drillQueries = drill.texts("queries");
        entry.drillDirectory = drill.path("directory");
    });
}

void readBackup(Environment &env, ObjectReader &reader)
{
    Backup entry;
    entry.name = reader.name();
    entry.driver = reader.choice("driver", {"pg_dump", "pg_basebackup", "pgbackrest", "barman", "command"}, "pg_dump", true);
    entry.postgres = reader.text("postgres", true);
    entry.directory = reader.path("directory", entry.driver == "pg_dump" || entry.driver == "pg_basebackup");
    entry.archive = reader.path("archive");
    entry.window = reader.duration("window", std::chrono::hours(26));
    entry.keep = reader.integer("keep", 7, 1, 10000);
    entry.restoreWithin = reader.duration("restoreWithin", Millis{0});
    entry.stanza = reader.text("stanza", entry.driver == "pgbackrest");
    entry.config = reader.path("config");
    entry.server = reader.text("server", entry.driver == "barman");
    entry.list = reader.texts("list");
    entry.run = reader.texts("run");
    entry.verify = reader.texts("verify");
    if (entry.driver == "command" && entry.list.empty())
        reader.problem("list", "is missing: the program and arguments that list the backups (man 7 muster-backup)");
    readBackupPlace(entry, reader);
    env.backups.push_back(std::move(entry));
}

void readSmallSections(Environment &env, ObjectReader &root)
{
    root.objects("logs", [&](ObjectReader &reader) {
        env.logs.push_back({reader.name(), reader.path("path", true), reader.choice("format", {"json", "logfmt"}, "json")});
    });
    root.objects("audit", [&](ObjectReader &reader) {
        env.audit.push_back({reader.name(), reader.text("postgres", true), reader.text("query", true)});
    });
    root.objects("loadTests", [&](ObjectReader &reader) {
        env.loadTests.push_back({reader.name(), reader.path("report", true), reader.duration("maxAge", std::chrono::days(90)),
                                 reader.duration("p95", Millis{500}), reader.number("peakRate", 0, 0, 1e9), reader.text("http"),
                                 reader.number("rate", 0, 0, 1000), reader.duration("duration", Millis{30000})});
    });
    root.objects("facts", [&](ObjectReader &reader) { readCustomFact(env, reader); });
    root.objects("waivers", [&](ObjectReader &reader) {
        env.waivers.push_back({reader.text("check", true), reader.text("owner", true), reader.text("reason", true), reader.day("until")});
    });
}

template<class Entries>
void requireUniqueNames(const Entries &entries, const std::string &section, Report &report)
{
    std::set<std::string> seen;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (!seen.insert(entries[i].name).second)
            report.add(section + "[" + std::to_string(i) + "].name", "“" + entries[i].name + "” stands twice in “" + section + "”; names must differ");
    }
}

void requirePostgres(const Environment &env, const std::string &name, const std::string &where, Report &report)
{
    std::vector<std::string> known;
    for (const auto &entry : env.postgres)
        known.push_back(entry.name);
    if (name.empty() || std::ranges::find(known, name) != known.end())
        return;
    const auto near = nearest(name, known);
    report.add(where, "names the PostgreSQL “" + name + "”, which “postgres” does not declare" + (near.empty() ? "" : "; did you mean “" + near + "”?"));
}

void checkReferences(const Environment &env, Report &report)
{
    requireUniqueNames(env.postgres, "postgres", report);
    requireUniqueNames(env.pgbouncer, "pgbouncer", report);
    requireUniqueNames(env.redis, "redis", report);
    requireUniqueNames(env.prometheus, "prometheus", report);
    requireUniqueNames(env.metrics, "metrics", report);
    requireUniqueNames(env.http, "http", report);
    requireUniqueNames(env.backups, "backups", report);
    requireUniqueNames(env.facts, "facts", report);
    checkCustomFacts(env, report);
    for (std::size_t i = 0; i < env.backups.size(); ++i)
        requirePostgres(env, env.backups[i].postgres, "backups[" + std::to_string(i) + "].postgres", report);
    for (std::size_t i = 0; i < env.audit.size(); ++i)
        requirePostgres(env, env.audit[i].postgres, "audit[" + std::to_string(i) + "].postgres", report);
    for (std::size_t i = 0; i < env.loadTests.size(); ++i) {
        const auto &name = env.loadTests[i].http;
        if (!name.empty() && std::ranges::find(env.http, name, &Http::name) == env.http.end())
            report.add("loadTests[" + std::to_string(i) + "].http", "names the http “" + name + "”, which “http” does not declare");
    }
}

Environment readRoot(const Json &json, Report &report)
{
    Environment env;
    ObjectReader root(json, "", report);
    env.name = root.name();
    env.kind = root.choice("kind", {"production", "staging", "development"}, "production", true);
    const auto section = [&](const char *key, void (*read)(Environment &, ObjectReader &)) {
        root.objects(key, [&, read](ObjectReader &reader) { read(env, reader); });
    };
    section("postgres", readPostgres);
    section("pgbouncer", readPgBouncer);
    section("redis", readRedis);
    section("prometheus", readPrometheus);
    section("metrics", readMetrics);
    section("http", readHttp);
    section("backups", readBackup);
    root.object("smtp", [&](ObjectReader &reader) { readSmtp(env, reader); });
    readSmallSections(env, root);
    for (const auto &sibling : root.texts("siblings"))
        env.siblings.push_back((std::filesystem::path(report.folder) / sibling).lexically_normal().string());
    if (const auto profile = root.text("profile"); !profile.empty() && profile != "default")
        env.profile = (std::filesystem::path(report.folder) / profile).lexically_normal().string();
    checkReferences(env, report);
    return env;
}

/// Refuses what the library would take silently: the same key twice (the last would win) and bottomless nesting.
Json parseStrictly(const std::string &bytes, Report &report)
{
    std::vector<std::set<std::string>> keys;
    const auto callback = [&](int depth, Json::parse_event_t event, Json &parsed) {
        if (event == Json::parse_event_t::object_start)
            keys.emplace_back();
        else if (event == Json::parse_event_t::object_end)
            keys.pop_back();
        else if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
            report.add(parsed.get<std::string>(), "stands twice in the same object; keep one");
        if (depth > kDepthLimit && event == Json::parse_event_t::object_start)
            report.add("", "objects are nested more than " + std::to_string(kDepthLimit) + " deep");
        return true;
    };
    return Json::parse(bytes, callback, true, true);
}

std::string located(const std::string &path)
{
    namespace fs = std::filesystem;
    std::error_code ignored;
    if (fs::exists(path, ignored) || path.find('/') != std::string::npos)
        return fs::absolute(path, ignored).lexically_normal().string();
    for (const auto *suffix : {"", ".json"}) {
        const auto candidate = environmentsFolder() + "/" + path + suffix;
        if (fs::exists(candidate, ignored))
            return candidate;
    }
    return fs::absolute(path, ignored).string();
}

} // namespace

std::string Address::display() const
{
    if (host.starts_with("service ") || host.starts_with('/'))
        return host; // of libpq's service file, which knows the rest; or a socket's folder
    return (host.find(':') != std::string::npos ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string environmentsFolder()
{
    const char *config = std::getenv("XDG_CONFIG_HOME");
    const char *home = std::getenv("HOME");
    return (config && *config ? std::string(config) : std::string(home ? home : "") + "/.config") + "/muster/environments";
}

std::expected<Environment, Problems> load(const std::string &path)
{
    namespace fs = std::filesystem;
    const auto file = located(path);
    std::error_code error;
    if (!fs::is_regular_file(file, error)) {
        return std::unexpected(Problems{{file, fs::exists(file, error) ? "is not a regular file" : "no such file; give a path, or the name of a file in " + environmentsFolder()}});
    }
    if (fs::file_size(file, error) > kFileLimit)
        return std::unexpected(Problems{{file, "is larger than 1 MiB; this cannot be an environment file"}});
    std::ifstream in(file, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in && !in.eof())
        return std::unexpected(Problems{{file, "cannot be read; check its permissions"}});
    return parse(bytes, file);
}

std::expected<Environment, Problems> parse(const std::string &bytes, const std::string &path)
{
    Report report;
    report.folder = std::filesystem::path(path).parent_path().string();
    Json json;
    try {
        json = parseStrictly(bytes, report);
    } catch (const Json::exception &error) {
        // "[json.exception.parse_error.101] parse error at line 3, column 5: ..."
        std::string message = error.what();
        if (const auto at = message.find("parse error at "); at != std::string::npos)
            message.erase(0, at + sizeof("parse error at ") - 1);
        const auto colon = message.find(": ");
        return std::unexpected(Problems{{message.substr(0, colon), colon == std::string::npos ? "not valid JSON" : clamp(message.substr(colon + 2), 200)}});
    }
    if (!json.is_object())
        return std::unexpected(Problems{{"", std::string("expected an object { … } at the top, found ") + json.type_name()}});
    auto env = readRoot(json, report);
    if (!report.problems.empty())
        return std::unexpected(report.problems);
    env.path = path;
    return env;
}

std::string describe(const Problems &problems, const std::string &path)
{
    std::string result;
    for (const auto &problem : problems)
        result += path + ": " + (problem.where.empty() || problem.where == path ? "" : problem.where + ": ") + problem.message + "\n";
    return result;
}

} // namespace muster::environment
