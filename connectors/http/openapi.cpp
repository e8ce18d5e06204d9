// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/openapi.h"

#include "connectors/http/headers.h"
#include "connectors/http/json.h"
#include "models/facts/fact.h"

#include <algorithm>
#include <array>
#include <set>

namespace muster::http {

namespace {

using nlohmann::json;

constexpr std::size_t kReferences = 10000;
constexpr std::size_t kProblems = 20;
constexpr std::array kMethods = {"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"};

/// Walks one document; every problem is kept once, up to the limit.
class Inspector {
public:
    explicit Inspector(const json &root) : m_root(root) {}
    OpenApiReport run();

private:
    const json &m_root;
    OpenApiReport m_report;
    std::set<std::string> m_operationIds;
    std::size_t m_references = 0;

    void complain(std::string problem)
    {
        if (m_report.problems.size() < kProblems)
            m_report.problems.push_back(clamp(problem, 300));
    }
    [[nodiscard]] bool needsResponses() const { return m_report.version.starts_with("2.") || m_report.version.starts_with("3.0"); }
    void readVersion();
    void readInfo();
    void readPath(const std::string &path, const json &item);
    void readOperation(const std::string &where, const std::string &path, const json &item, const json &operation);
    void readParameters(const std::string &where, const std::string &path, const json &item, const json &operation);
    void checkReferences(const json &node);
    [[nodiscard]] const json *target(const std::string &reference) const;
    [[nodiscard]] const json &resolved(const json &node) const;
};

std::string unescaped(const std::string &text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digit = [&](std::size_t at) {
            const char c = at < text.size() ? text[at] : ' ';
            return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        };
        if (text[i] == '%' && digit(i + 1) >= 0 && digit(i + 2) >= 0) {
            out += static_cast<char>(digit(i + 1) * 16 + digit(i + 2));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

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

const json *Inspector::target(const std::string &reference) const
{
    if (!reference.starts_with('#'))
        return nullptr;
    const json *node = &m_root;
    for (const auto &raw : splitOutsideQuotes(unescaped(reference.substr(1)), '/')) {
        std::string token;
        for (std::size_t i = 0; i < raw.size(); ++i) {
            const bool isEscape = raw[i] == '~' && i + 1 < raw.size() && (raw[i + 1] == '0' || raw[i + 1] == '1');
            token += isEscape ? (raw[++i] == '0' ? '~' : '/') : raw[i];
        }
        if (node->is_object() && node->contains(token)) {
            node = &(*node)[token];
            continue;
        }
        const auto index = wholeNumber(token);
        if (!node->is_array() || index < 0 || static_cast<std::size_t>(index) >= node->size())
            return nullptr;
        node = &(*node)[static_cast<std::size_t>(index)];
    }
    return node;
}

const json &Inspector::resolved(const json &node) const
{
    const json *at = &node;
    for (int i = 0; i < 16; ++i) { // a longer chain is a circle
        const auto reference = textAt(*at, "$ref");
        const auto *next = reference.empty() ? nullptr : target(reference);
        if (!next)
            return *at;
        at = next;
    }
    return *at;
}

void Inspector::checkReferences(const json &node)
{
    if (node.is_array()) {
        for (const auto &entry : node)
            checkReferences(entry);
        return;
    }
    if (!node.is_object() || m_references >= kReferences)
        return;
    const auto reference = textAt(node, "$ref");
    if (reference.starts_with('#')) {
        ++m_references;
        if (reference.starts_with("#/") && !target(reference))
            complain("the reference " + reference + " leads nowhere");
    }
    constexpr std::array data = {"example", "value", "default", "enum", "const"};
    for (const auto &[key, entry] : node.items()) {
        if (std::ranges::find(data, key) == data.end())
            checkReferences(entry);
    }
}

void Inspector::readVersion()
{
    m_report.version = textAt(m_root, m_root.contains("openapi") ? "openapi" : "swagger");
    constexpr std::array known = {"2.0", "3.0.", "3.1.", "3.2."};
    const auto &version = m_report.version;
    if (version.empty())
        complain("neither \"openapi\" nor \"swagger\" names a version");
    else if (std::ranges::none_of(known, [&](const char *v) { return version.starts_with(v); }))
        complain("version " + version + " is not known (2.0, 3.0, 3.1, 3.2)");
    m_report.version = clamp(version, 20);
}

void Inspector::readInfo()
{
    const auto &info = objectAt(m_root, "info");
    if (textAt(info, "title").empty())
        complain("info.title is missing");
    if (textAt(info, "version").empty())
        complain("info.version is missing");
}

void Inspector::readParameters(const std::string &where, const std::string &path, const json &item, const json &operation)
{
    std::set<std::string> declared;
    for (const auto *owner : {&item, &operation}) {
        for (const auto &entry : arrayAt(*owner, "parameters")) {
            const auto &parameter = resolved(entry);
            if (textAt(parameter, "in") == "path")
                declared.insert(textAt(parameter, "name"));
        }
    }
    for (const auto &name : templateNames(path)) {
        if (!declared.contains(name))
            complain(where + ": the path parameter {" + name + "} is not declared");
    }
}

void Inspector::readOperation(const std::string &where, const std::string &path, const json &item, const json &operation)
{
    ++m_report.operations;
    if (!textAt(operation, "summary").empty() || !textAt(operation, "description").empty())
        ++m_report.described;
    const auto id = textAt(operation, "operationId");
    if (!id.empty() && !m_operationIds.insert(id).second)
        complain(where + ": operationId " + id + " stands twice");
    if (needsResponses() && objectAt(operation, "responses").empty())
        complain(where + ": no responses");
    readParameters(where, path, item, operation);
}

void Inspector::readPath(const std::string &path, const json &entry)
{
    if (!path.starts_with('/'))
        return complain("the path " + path + " does not start with /");
    ++m_report.paths;
    const auto &item = resolved(entry);
    for (const auto *method : kMethods) {
        const auto it = item.is_object() ? item.find(method) : item.end();
        if (it != item.end() && it->is_object())
            readOperation(lowered(method) + " " + path, path, item, *it);
    }
}

OpenApiReport Inspector::run()
{
    readVersion();
    readInfo();
    for (const auto &[path, item] : objectAt(m_root, "paths").items()) {
        if (!path.starts_with("x-"))
            readPath(path, item);
    }
    if (m_report.operations == 0)
        complain("it describes no operation");
    checkReferences(m_root);
    m_report.isGood = m_report.problems.empty();
    m_report.why = m_report.isGood ? std::to_string(m_report.operations) + " operations, " + std::to_string(m_report.described) + " described" : m_report.problems.front();
    return m_report;
}

} // namespace

OpenApiReport inspectOpenApi(std::string_view document)
{
    const auto root = parseJson(document);
    OpenApiReport report;
    if (!root)
        report.why = "the document is no JSON (or nested deeper than 64)";
    else if (!root->is_object())
        report.why = "the document is no JSON object";
    else
        return Inspector(*root).run();
    report.problems.push_back(report.why);
    return report;
}

const std::vector<std::string> &usualOpenApiPaths()
{
    static const std::vector<std::string> paths = {"/openapi.json", "/v3/api-docs", "/swagger.json", "/api-docs", "/swagger/v1/swagger.json"};
    return paths;
}

} // namespace muster::http
