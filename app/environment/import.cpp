// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/environment/import.h"

#include "app/environment/environment.h"
#include "app/environment/importdraft.h"

#include <filesystem>

#include <sys/stat.h>

namespace muster::environment {

namespace {

using Done = std::expected<void, std::string>;

constexpr const char *kUnderstood = "give pgpass, pg_service, prometheus.yml, the path of such a file, or a URL (postgresql, redis, rediss, http, https, smtp, smtps, imap, imaps)";

/// libpq ignores a passfile that others may read, so the console would too.
Done takePassfile(ImportDraft &draft, const std::string &path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return std::unexpected(path + ": others may read it, so libpq ignores it; first run: chmod 600 " + path);
    const auto text = readImportFile(path);
    if (!text)
        return std::unexpected(text.error());
    importPassfile(draft, *text, path, path == usualFile("", ".pgpass"));
    return {};
}

Done takeServiceFile(ImportDraft &draft, const std::string &path)
{
    const auto text = readImportFile(path);
    if (!text)
        return std::unexpected(text.error());
    importServiceFile(draft, *text, path, path == usualFile("", ".pg_service.conf"));
    return {};
}

Done takePrometheus(ImportDraft &draft, const std::string &path)
{
    const auto text = readImportFile(path);
    if (!text)
        return std::unexpected(text.error());
    return importPrometheus(draft, *text, path);
}

std::string usualPrometheus()
{
    std::error_code ignored;
    return std::filesystem::exists("prometheus.yml", ignored) ? "prometheus.yml" : "/etc/prometheus/prometheus.yml";
}

/// "pgpass:PATH" says what a file is when its name does not.
Done takeFile(ImportDraft &draft, const std::string &argument, const std::string &what)
{
    const auto has = [&](const char *prefix) { return argument.starts_with(prefix); };
    const auto rest = [&] { return argument.substr(argument.find(':') + 1); };
    if (has("pgpass:"))
        return takePassfile(draft, rest());
    if (has("pg_service:"))
        return takeServiceFile(draft, rest());
    if (has("prometheus:"))
        return takePrometheus(draft, rest());
    const auto name = std::filesystem::path(argument).filename().string();
    if (name.ends_with(".yml") || name.ends_with(".yaml"))
        return takePrometheus(draft, argument);
    if (name.find("pgpass") != std::string::npos)
        return takePassfile(draft, argument);
    if (name.find("service") != std::string::npos)
        return takeServiceFile(draft, argument);
    return std::unexpected(what + " is none of the things that can be imported; " + kUnderstood);
}

Done take(ImportDraft &draft, const std::string &argument, const std::string &what)
{
    if (argument.find("://") != std::string::npos)
        return importUrl(draft, argument, what);
    if (argument == "pgpass")
        return takePassfile(draft, usualFile("PGPASSFILE", ".pgpass"));
    if (argument == "pg_service")
        return takeServiceFile(draft, usualFile("PGSERVICEFILE", ".pg_service.conf"));
    if (argument == "prometheus.yml")
        return takePrometheus(draft, usualPrometheus());
    return takeFile(draft, argument, what);
}

} // namespace

std::expected<Imported, std::string> importFrom(const std::vector<std::string> &arguments)
{
    ImportDraft draft;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (const auto done = take(draft, arguments[i], "argument " + std::to_string(i + 1)); !done)
            return std::unexpected(done.error());
    }
    auto imported = draft.finish();
    if (!imported)
        return imported;
    // What was made must be good: a name or address that the parser refuses is a fault of this importer, and said instead of printed.
    if (const auto checked = parse(imported->text, "imported.json"); !checked)
        return std::unexpected("cannot make a good file of this: " + checked.error().front().where + ": " + checked.error().front().message);
    return imported;
}

} // namespace muster::environment
