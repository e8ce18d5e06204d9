// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/manifest.h"

#include "models/format/format.h"

#include <nlohmann/json.hpp>

namespace muster::backup {

namespace {

using Json = nlohmann::ordered_json;

/// Reads keys of one object and remembers the first that does not fit.
class Reader {
public:
    Reader(const Json &object, std::string &problem) : m_object(object), m_problem(problem) { }

    std::string text(const char *key) const
    {
        const auto *value = find(key);
        return value && value->is_string() ? value->get<std::string>() : wrong<std::string>(key);
    }
    double number(const char *key) const
    {
        const auto *value = find(key);
        return value && value->is_number() ? value->get<double>() : wrong<double>(key);
    }
    std::uint64_t size(const char *key) const
    {
        const auto *value = find(key);
        return value && value->is_number_unsigned() ? value->get<std::uint64_t>() : wrong<std::uint64_t>(key);
    }
    WallTime time(const char *key) const
    {
        const auto *value = find(key);
        return value && value->is_number_integer() ? WallTime(Millis(value->get<std::int64_t>())) : wrong<WallTime>(key);
    }
    const Json &list(const char *key) const
    {
        static const Json kNone = Json::array();
        const auto *value = find(key);
        if (value && value->is_array())
            return *value;
        wrong<int>(key);
        return kNone;
    }
    const Json *find(const char *key) const
    {
        if (!m_object.is_object())
            return nullptr;
        const auto it = m_object.find(key);
        return it == m_object.end() ? nullptr : &*it;
    }

private:
    template<class T>
    T wrong(const char *key) const
    {
        if (m_problem.empty())
            m_problem = std::string("the manifest has no proper \"") + key + '"';
        return {};
    }
    const Json &m_object;
    std::string &m_problem;
};

bool staysInside(std::string_view path)
{
    if (path.empty() || path.starts_with('/') || path.find('\0') != std::string_view::npos)
        return false;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto part = path.substr(0, slash);
        if (part.empty() || part == "." || part == "..")
            return false;
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    }
    return true;
}

ManifestDatabase databaseFrom(const Json &object, std::string &problem)
{
    const Reader reader(object, problem);
    ManifestDatabase database{reader.text("name"), reader.text("folder"), reader.number("size"), {}};
    if (problem.empty() && !staysInside(database.folder))
        problem = "the manifest names a folder outside the backup";
    for (const auto &table : reader.list("tables")) {
        const Reader row(table, problem);
        database.tables.push_back({row.text("name"), row.number("rows_estimated")});
    }
    return database;
}

} // namespace

std::uint64_t Manifest::totalSize() const
{
    std::uint64_t total = 0;
    for (const auto &file : files)
        total += file.size;
    return total;
}

std::string toJson(const Manifest &manifest)
{
    const auto ms = [](WallTime at) { return at.time_since_epoch().count(); };
    Json object{{"schema", 1},
                {"id", manifest.id},
                {"set", manifest.set},
                {"operator", manifest.operatorName},
                {"tool_version", manifest.toolVersion},
                {"server_version", manifest.serverVersion},
                {"system_identifier", manifest.systemIdentifier},
                {"started", format::iso(manifest.startedAt)},
                {"started_ms", ms(manifest.startedAt)},
                {"finished", format::iso(manifest.finishedAt)},
                {"finished_ms", ms(manifest.finishedAt)},
                {"verified_at", nullptr},
                {"problem", manifest.problem},
                {"role_passwords", manifest.hasRolePasswords},
                {"size", manifest.totalSize()},
                {"databases", Json::array()},
                {"files", Json::array()}};
    if (manifest.verifiedAt) {
        object["verified_at"] = format::iso(*manifest.verifiedAt);
        object["verified_ms"] = ms(*manifest.verifiedAt);
    }
    for (const auto &database : manifest.databases) {
        auto tables = Json::array();
        for (const auto &table : database.tables)
            tables.push_back({{"name", table.name}, {"rows_estimated", table.rows}});
        object["databases"].push_back({{"name", database.name}, {"folder", database.folder}, {"size", database.size}, {"tables", tables}});
    }
    for (const auto &file : manifest.files)
        object["files"].push_back({{"path", file.path}, {"size", file.size}, {"sha256", file.sha256}});
    return object.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::expected<Manifest, std::string> parseManifest(std::string_view bytes)
{
    const auto object = Json::parse(bytes, nullptr, false);
    if (!object.is_object())
        return std::unexpected("the manifest is not readable JSON");
    std::string problem;
    const Reader reader(object, problem);
    Manifest manifest;
    manifest.id = reader.text("id");
    manifest.set = reader.text("set");
    manifest.operatorName = reader.text("operator");
    manifest.toolVersion = reader.text("tool_version");
    manifest.serverVersion = reader.text("server_version");
    manifest.systemIdentifier = reader.text("system_identifier");
    manifest.startedAt = reader.time("started_ms");
    manifest.finishedAt = reader.time("finished_ms");
    manifest.problem = reader.text("problem");
    if (const auto *at = reader.find("verified_ms"); at && at->is_number_integer())
        manifest.verifiedAt = reader.time("verified_ms");
    if (const auto *passwords = reader.find("role_passwords"); passwords && passwords->is_boolean())
        manifest.hasRolePasswords = passwords->get<bool>();
    for (const auto &database : reader.list("databases"))
        manifest.databases.push_back(databaseFrom(database, problem));
    for (const auto &entry : reader.list("files")) {
        const Reader row(entry, problem);
        manifest.files.push_back({row.text("path"), row.size("size"), row.text("sha256")});
        if (problem.empty() && !staysInside(manifest.files.back().path))
            problem = "the manifest names a file outside the backup";
    }
    if (!problem.empty())
        return std::unexpected(problem);
    return manifest;
}

} // namespace muster::backup
