// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/openapi.h"

#include "connectors/http/headers.h"
#include "connectors/http/json.h"
#include "connectors/http/openapireferences.h"
#include "connectors/http/openapirules.h"
#include "connectors/http/openapishape.h"
#include "connectors/http/url.h"
#include "connectors/yaml/yaml.h"
#include "models/facts/fact.h"
#include "models/format/format.h"

#include <algorithm>
#include <expected>
#include <set>

namespace muster::http {

namespace {

using nlohmann::json;

constexpr std::size_t kProblems = 20;
constexpr std::size_t kPaths = 10000;
constexpr int kDepth = 200; // lists and maps in each other: what a schema of schemas needs, and no stack is in danger

/// Names in braces: "/items/{id}" → id.
std::vector<std::string> templateNames(const std::string &path)
{
    std::vector<std::string> names;
    for (auto open = path.find('{'); open != std::string::npos; open = path.find('{', open + 1)) {
        if (const auto close = path.find('}', open); close != std::string::npos)
            names.push_back(path.substr(open + 1, close - open - 1));
    }
    return names;
}

/// Walks one document; every problem is kept once, up to the limit.
class Inspector {
public:
    explicit Inspector(const json &root) : m_root(root), m_references(root) {}
    OpenApiReport run();

private:
    const json &m_root;
    OpenApiReferences m_references;
    OpenApiReport m_report;
    std::set<std::string> m_operationIds;

    void complain(std::string problem)
    {
        problem = clamp(problem, 300);
        if (m_report.problems.size() < kProblems && std::ranges::find(m_report.problems, problem) == m_report.problems.end())
            m_report.problems.push_back(std::move(problem));
    }
    [[nodiscard]] std::string versionText() const;
    [[nodiscard]] std::string basePath() const;
    void readPath(const std::string &path, const json &item);
    void readOperation(const std::string &where, const std::string &path, const json &item, const json &operation);
    void readParameters(const std::string &where, const std::string &path, const json &item, const json &operation);
    [[nodiscard]] bool isExemplified(const json &item, const json &operation) const;
    [[nodiscard]] bool hasExample(const json &node) const;
    [[nodiscard]] bool hasExampleInContent(const json &node) const;
};

std::string Inspector::versionText() const
{
    const auto *key = m_root.contains("openapi") ? "openapi" : "swagger";
    // YAML's unquoted 2.0 is a number.
    const auto number = m_root.contains(key) && m_root[key].is_number() ? m_root[key].dump() : std::string();
    return number.empty() ? textAt(m_root, key) : number;
}

/// What stands before every path: basePath of 2.0, the path of the first server of 3.x.
std::string Inspector::basePath() const
{
    auto base = textAt(m_root, "basePath");
    if (const auto &servers = arrayAt(m_root, "servers"); !servers.empty()) {
        const auto address = textAt(servers.front(), "url");
        const auto url = Url::parse(address);
        base = url ? url->target : address.starts_with('/') ? address : std::string();
    }
    while (base.ends_with('/'))
        base.pop_back();
    return base.contains('{') ? std::string() : base;
}

void Inspector::readParameters(const std::string &where, const std::string &path, const json &item, const json &operation)
{
    std::set<std::string> declared;
    for (const auto *owner : {&item, &operation}) {
        for (const auto &entry : arrayAt(*owner, "parameters")) {
            const auto &parameter = m_references.resolved(entry);
            if (textAt(parameter, "in") == "path" || textAt(entry, "$ref").find('#') > 0) // a remote one may be it
                declared.insert(textAt(parameter, "name"));
        }
    }
    for (const auto &name : templateNames(path)) {
        if (!declared.contains(name) && !declared.contains(""))
            complain(where + ": the path parameter {" + name + "} is not declared");
    }
}

bool Inspector::hasExample(const json &node) const
{
    if (!node.is_object())
        return false;
    if (node.contains("example") || node.contains("examples") || node.contains("x-example"))
        return true;
    const auto &schema = m_references.resolved(objectAt(node, "schema"));
    if (!schema.is_object())
        return false;
    if (schema.contains("example") || schema.contains("examples"))
        return true;
    const auto &properties = objectAt(schema, "properties");
    return std::ranges::any_of(properties, [](const json &p) { return p.is_object() && (p.contains("example") || p.contains("examples")); });
}

bool Inspector::hasExampleInContent(const json &node) const
{
    const auto &content = objectAt(node, "content");
    return hasExample(node) || std::ranges::any_of(content, [&](const json &media) { return hasExample(m_references.resolved(media)); });
}

bool Inspector::isExemplified(const json &item, const json &operation) const
{
    for (const auto *owner : {&item, &operation}) {
        if (std::ranges::any_of(arrayAt(*owner, "parameters"), [&](const json &p) { return hasExampleInContent(m_references.resolved(p)); }))
            return true;
    }
    if (hasExampleInContent(m_references.resolved(objectAt(operation, "requestBody"))))
        return true;
    return std::ranges::any_of(objectAt(operation, "responses"), [&](const json &r) { return hasExampleInContent(m_references.resolved(r)); });
}

void Inspector::readOperation(const std::string &where, const std::string &path, const json &item, const json &operation)
{
    ++m_report.operations;
    m_report.described += textAt(operation, "summary").empty() && textAt(operation, "description").empty() ? 0U : 1U;
    m_report.exemplified += isExemplified(item, operation) ? 1U : 0U;
    const auto &responses = objectAt(operation, "responses");
    bool hasError = false;
    for (const auto &[key, answer] : responses.items())
        hasError = hasError || key == "default" || key.starts_with('4') || key.starts_with('5');
    m_report.withErrors += hasError ? 1U : 0U;
    const auto id = textAt(operation, "operationId");
    if (!id.empty() && !m_operationIds.insert(id).second)
        complain(where + ": operationId " + id + " stands twice");
    readParameters(where, path, item, operation);
}

void Inspector::readPath(const std::string &path, const json &entry)
{
    if (m_report.paths.size() < kPaths)
        m_report.paths.push_back(basePath() + path);
    const auto &item = m_references.resolved(entry);
    if (!item.is_object())
        return;
    for (const auto &[method, operation] : item.items()) {
        if (isOpenApiMethod(method) && operation.is_object())
            readOperation(method + " " + path, path, item, operation);
    }
    for (const auto &[method, operation] : objectAt(item, "additionalOperations").items())
        readOperation(method + " " + path, path, item, operation);
}

OpenApiReport Inspector::run()
{
    m_report.version = clamp(versionText(), 20);
    const int version = openApiVersion(m_report.version);
    if (m_report.version.empty())
        complain("neither \"openapi\" nor \"swagger\" names a version");
    else if (version == 0)
        complain("version " + m_report.version + " is not known (2.0, 3.0, 3.1, 3.2)");
    else
        checkOpenApiShape(m_root, version, [this](std::string problem) { complain(std::move(problem)); });
    m_report.isValid = m_report.problems.empty();
    for (const auto &[path, item] : objectAt(m_root, "paths").items()) {
        if (path.starts_with('/'))
            readPath(path, item);
    }
    if (m_report.operations == 0)
        complain("it describes no operation");
    m_references.check([this](std::string problem) { complain(std::move(problem)); });
    m_report.remoteReferences = m_references.remotes();
    m_report.isGood = m_report.problems.empty();
    m_report.why = m_report.isGood ? format::counted(static_cast<double>(m_report.operations), "operation", "operations") + ", " + std::to_string(m_report.described) + " described" : m_report.problems.front();
    return m_report;
}

/// JSON where it looks like JSON: that parser is the faster one, and every JSON document is YAML as well.
std::expected<json, std::string> read(std::string_view document)
{
    if (document.size() > kOpenApiLimit)
        return std::unexpected("the document is over " + std::to_string(kOpenApiLimit >> 20) + " MiB");
    const auto begin = document.find_first_not_of(" \t\r\n");
    if (begin != std::string_view::npos && (document[begin] == '{' || document[begin] == '[')) {
        if (auto root = parseJson(document, kDepth))
            return std::move(*root);
        return std::unexpected("the document is no JSON (or nested deeper than " + std::to_string(kDepth) + ")");
    }
    if (begin != std::string_view::npos && document[begin] == '<')
        return std::unexpected("the document is a page of markup");
    auto limits = yaml::Limits{};
    limits.bytes = kOpenApiLimit;
    limits.depth = kDepth;
    auto root = yaml::parse(document, limits);
    if (!root)
        return std::unexpected("the document is no YAML that can be read: " + root.error().display());
    return std::move(*root);
}

/// "/items/7/" → "/items/7": the segments without a slash at the end, without a query.
std::vector<std::string> segments(std::string_view path)
{
    path = path.substr(0, path.find_first_of("?#"));
    std::vector<std::string> parts;
    for (const auto &part : splitOutsideQuotes(path, '/'))
        parts.push_back(part);
    return parts;
}

bool isVariable(const std::string &segment)
{
    return segment.contains('{') || segment.starts_with(':') || segment.starts_with('<') || segment == "*";
}

bool covers(const std::vector<std::string> &documented, const std::vector<std::string> &seen)
{
    return std::ranges::equal(documented, seen, [](const std::string &mine, const std::string &theirs) { return isVariable(mine) || mine == theirs; });
}

} // namespace

OpenApiReport inspectOpenApi(std::string_view document)
{
    const auto root = read(document);
    OpenApiReport report;
    if (!root)
        report.why = clamp(root.error(), 300);
    else if (!root->is_object())
        report.why = "the document is no object";
    else
        return Inspector(*root).run();
    report.problems.push_back(report.why);
    return report;
}

const std::vector<std::string> &usualOpenApiPaths()
{
    static const std::vector<std::string> paths = {"/openapi.json", "/openapi.yaml", "/v3/api-docs", "/swagger.json", "/api-docs", "/swagger/v1/swagger.json"};
    return paths;
}

std::vector<std::string> undocumentedPaths(const std::vector<std::string> &seen, const std::vector<std::string> &documented)
{
    std::vector<std::vector<std::string>> known;
    for (const auto &path : documented)
        known.push_back(segments(path));
    std::set<std::string> missing;
    for (const auto &path : seen) {
        const auto mine = segments(path);
        if (path.starts_with('/') && std::ranges::none_of(known, [&](const auto &one) { return covers(one, mine); }))
            missing.insert(path);
    }
    return {missing.begin(), missing.end()};
}

} // namespace muster::http
