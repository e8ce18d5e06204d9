// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/openapishape.h"

#include "connectors/http/openapirules.h"
#include "connectors/http/openapitable.h"

#include <map>
#include <string_view>
#include <vector>

namespace muster::http {

namespace {

using nlohmann::json;

struct Field {
    std::string name;
    std::string type;
    bool isRequired = false;
};

struct Shape {
    bool isOpen = false;
    bool isReferable = false;
    std::vector<Field> fields;
    std::map<std::string, std::size_t, std::less<>> places;
};

/// "externalValue:string@32" of one row; nothing where it came later than `version`.
void addField(Shape &shape, std::string_view word, int version)
{
    const auto colon = word.find(':');
    Field field{std::string(word.substr(0, colon)), std::string(word.substr(colon + 1)), false};
    if (const auto at = field.type.find('@'); at != std::string::npos) {
        if (std::stoi(field.type.substr(at + 1)) > version)
            return;
        field.type.resize(at);
    }
    if (field.type.ends_with('!')) {
        field.isRequired = true;
        field.type.pop_back();
    }
    shape.places[field.name] = shape.fields.size();
    shape.fields.push_back(std::move(field));
}

std::map<std::string, Shape, std::less<>> shapesOf(int version)
{
    std::map<std::string, Shape, std::less<>> shapes;
    for (const auto &row : kShapes) {
        if (version < row.from || version > row.to)
            continue;
        auto &shape = shapes[row.name];
        shape.isOpen = row.isOpen;
        shape.isReferable = row.isReferable;
        std::string_view rest = row.fields;
        while (!rest.empty()) {
            const auto end = std::min(rest.find(' '), rest.size());
            addField(shape, rest.substr(0, end), version);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return shapes;
}

class Checker {
public:
    Checker(int version, const Complain &complain) : m_version(version), m_complain(complain), m_shapes(shapesOf(version)) {}
    void check(const json &node, std::string_view type);

private:
    int m_version;
    const Complain &m_complain;
    std::map<std::string, Shape, std::less<>> m_shapes;
    std::vector<std::string> m_way; ///< keys from the root to the node at hand

    void checkAt(std::string key, const json &node, std::string_view type)
    {
        m_way.push_back(std::move(key));
        check(node, type);
        m_way.pop_back();
    }
    void checkObject(const json &node, const std::string &name, const Shape &shape);
    void checkEntries(const json &node, std::string_view type, bool isExtensible);
    void say(const std::string &what) const;
};

void Checker::say(const std::string &what) const
{
    std::string where;
    for (const auto &key : m_way)
        where += (where.empty() || key.starts_with('[') ? "" : ".") + key;
    m_complain(where.empty() ? what : where + ": " + what);
}

bool isScalarKind(const json &node, std::string_view type)
{
    return type == "any" || (type == "string" && node.is_string()) || (type == "bool" && node.is_boolean()) || (type == "number" && node.is_number())
        || (type == "object" && node.is_object()) || (type == "list" && node.is_array());
}

void Checker::check(const json &node, std::string_view type)
{
    if (type.front() == '[') {
        if (!node.is_array())
            return say("is no list");
        for (std::size_t i = 0; i < node.size(); ++i)
            checkAt('[' + std::to_string(i) + ']', node[i], type.substr(1, type.size() - 2));
        return;
    }
    if (type.front() == '{') {
        if (!node.is_object())
            return say("is no map");
        return checkEntries(node, type.substr(1, type.size() - 2), false);
    }
    const auto shape = m_shapes.find(type);
    if (shape != m_shapes.end())
        return checkObject(node, shape->first, shape->second);
    if (!isScalarKind(node, type))
        say("is not of the kind " + std::string(type));
}

void Checker::checkEntries(const json &node, std::string_view type, bool isExtensible)
{
    for (const auto &[key, entry] : node.items()) {
        if (!isExtensible || !key.starts_with("x-"))
            checkAt(key, entry, type);
    }
}

void Checker::checkObject(const json &node, const std::string &name, const Shape &shape)
{
    if (name == "Schema" && m_version >= 31 && node.is_boolean())
        return;
    if (!node.is_object())
        return say("is no " + name + " object");
    const bool isReference = shape.isReferable && node.contains("$ref") && node["$ref"].is_string();
    if (isReference && (name != "Schema" || m_version < 31))
        return;
    for (const auto &field : shape.fields) {
        if (field.isRequired && !node.contains(field.name))
            say(field.name + " is missing");
    }
    for (const auto &[key, entry] : node.items()) {
        const auto place = shape.places.find(key);
        if (place != shape.places.end())
            checkAt(key, entry, shape.fields[place->second].type);
        else if (!shape.isOpen && !key.starts_with("x-"))
            say(key + " is not a field of a " + name + " object");
    }
    checkOpenApiRules(node, name, m_version, [this](const std::string &what) { say(what); });
    if (name == "Paths" || name == "Callback")
        checkEntries(node, "PathItem", true);
    else if (name == "Responses")
        checkEntries(node, "Response", true);
    else if (name == "Security")
        checkEntries(node, "[string]", false);
}

} // namespace

int openApiVersion(const std::string &version)
{
    return version == "2.0" ? 20 : version.starts_with("3.0.") ? 30 : version.starts_with("3.1.") ? 31 : version.starts_with("3.2.") ? 32 : 0;
}

void checkOpenApiShape(const json &root, int version, const Complain &complain)
{
    Checker(version, complain).check(root, "Root");
}

} // namespace muster::http
