// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/wiring/wiring.h"

#include "app/wiring/stores.h"
#include "app/wiring/targets.h"
#include "connectors/audit/jsonlauditlog.h"

#include <algorithm>
#include <cstdlib>

namespace muster::wiring {

namespace {

std::string folder(const char *variable, const char *underHome)
{
    const char *value = std::getenv(variable);
    const char *home = std::getenv("HOME");
    return (value && *value ? std::string(value) : std::string(home ? home : "") + underHome) + "/muster";
}

environment::Problems unknownWaivers(const environment::Environment &environment, const Profile &profile)
{
    environment::Problems problems;
    for (std::size_t i = 0; i < environment.waivers.size(); ++i) {
        const auto &check = environment.waivers[i].check;
        if (std::ranges::find(profile.checks, check, &CheckSpec::id) == profile.checks.end())
            problems.push_back({"waivers[" + std::to_string(i) + "].check", "the profile “" + profile.name + "” has no check “" + check + "”"});
    }
    return problems;
}

} // namespace

std::expected<Session::Parts, environment::Problems> open(const environment::Environment &environment, const OpenOptions &options)
{
    auto profile = openProfile(options.profile.empty() ? environment.profile : options.profile);
    if (!profile)
        return std::unexpected(profile.error());
    if (auto problems = unknownWaivers(environment, *profile); !problems.empty())
        return std::unexpected(problems);

    Session::Parts parts;
    parts.environment = describe(environment);
    parts.profile = std::move(*profile);
    parts.sources = makeSources(environment);
    parts.actions = makeActions(environment);
    parts.audit = makeAudit();
    if (options.hasHistory)
        parts.history = openHistory(environment, true);
    parts.waivers = makeWaivers(environment.path, parts.profile);
    return parts;
}

std::shared_ptr<AuditLog> makeAudit()
{
    return std::make_shared<audit::JsonlAuditLog>(folder("XDG_STATE_HOME", "/.local/state") + "/audit.jsonl", operatorName());
}

EnvironmentInfo describe(const environment::Environment &environment)
{
    EnvironmentInfo info;
    info.name = environment.name;
    info.kind = environment.kind;
    info.path = environment.path;
    info.waivers = environment.waivers;
    info.facts = environment.facts;
    const auto declare = [&](const std::string &kind, const std::string &name, const std::string &address) {
        info.sources.push_back({kind + "/" + name, kind, name, address});
    };
    for (const auto &entry : environment.postgres)
        declare("postgres", entry.name, entry.address.display());
    for (const auto &entry : environment.pgbouncer)
        declare("pgbouncer", entry.name, entry.address.display());
    for (const auto &entry : environment.redis) {
        declare("redis", entry.name, entry.address.display());
        info.caches.push_back({entry.name, entry.role, entry.prefixes, entry.database});
    }
    for (const auto &entry : environment.prometheus)
        declare("prometheus", entry.name, entry.address.display());
    for (const auto &entry : environment.metrics)
        declare("metrics", entry.name, entry.address.display());
    for (const auto &entry : environment.http)
        declare("http", entry.name, entry.address.display());
    if (environment.smtp) {
        declare("smtp", "main", environment.smtp->address.display());
        info.mail = {true, environment.smtp->address.display(), environment.smtp->from, environment.smtp->to, environment.smtp->tlsMode};
    }
    for (const auto &entry : environment.backups) {
        declare("backup", entry.name, entry.directory);
        info.backups.push_back({entry.name, entry.postgres, entry.directory, entry.driver, entry.window, entry.keep});
    }
    for (const auto &entry : environment.logs)
        declare("log", entry.name, entry.path);
    for (const auto &entry : environment.audit)
        declare("appaudit", entry.name, entry.postgres);
    for (const auto &entry : environment.loadTests)
        declare("loadtest", entry.name, entry.report);
    for (std::size_t i = 0; i < environment.siblings.size(); ++i)
        declare("sibling", std::to_string(i + 1), environment.siblings[i]);
    return info;
}

std::string grants(const environment::Environment &environment)
{
    std::string text;
    for (const auto &entry : environment.redis) {
        const auto user = entry.address.user.empty() ? "default" : entry.address.user;
        text += "# redis/" + entry.name + ": view only. Add “+unlink ~PREFIX*” to let it flush a prefix, “+flushdb” or “+flushall” for the rest;\n"
            "# on Valkey 8.1 “+commandlog|get” shows large requests and replies.\n"
            "ACL SETUSER " + user + " -@all +ping +info +dbsize +hello +auth +select +client|setname +client|id +client|list +slowlog|get +slowlog|len"
            " +latency|latest +latency|histogram +config|get +memory|stats +role +lastsave +time +acl|whoami +acl|dryrun +command|info +scan" +
            (entry.topology == "cluster" ? " +cluster|info +cluster|nodes +asking" : "") + "\n\n";
    }
    return text;
}

} // namespace muster::wiring
