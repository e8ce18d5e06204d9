// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/openapirules.h"

#include "connectors/http/headers.h"
#include "connectors/http/json.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace muster::http {

namespace {

using nlohmann::json;

/// RFC 9110 5.6.2: what the name of a header field is made of.
bool isToken(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || std::string_view("!#$%&'*+-.^_`|~").contains(c);
    });
}

bool isComponentName(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
    });
}

/// "200", "4XX", "default".
bool isStatusKey(std::string_view key)
{
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    if (key == "default")
        return true;
    return key.size() == 3 && key[0] >= '1' && key[0] <= '5' && ((isDigit(key[1]) && isDigit(key[2])) || key.substr(1) == "XX");
}

/// One object with what is said about it.
class Rules {
public:
    Rules(const json &node, int version, const Complain &complain) : m_node(node), m_version(version), m_complain(complain) {}

    void check(const std::string &shape);

private:
    const json &m_node;
    int m_version;
    const Complain &m_complain;

    void say(const std::string &what) const { m_complain(what); }
    [[nodiscard]] bool has(const char *key) const { return m_node.contains(key); }
    void excludes(const char *a, const char *b) const
    {
        if (has(a) && has(b))
            say(std::string(a) + " and " + b + " exclude each other");
    }
    void root() const;
    void components() const;
    void paths() const;
    void responses() const;
    void parameter() const;
    void parameterPlace(const std::string &in) const;
    void schemaOrContent() const;
    void encodings() const;
    void queryStrings() const;
    void pathItem() const;
    void securityScheme() const;
    void headerNames() const;
    void example() const;
    void xml() const;
    void serverVariable() const;
};

void Rules::root() const
{
    if (m_version >= 31 && !has("paths") && !has("components") && !has("webhooks"))
        say("one of paths, components and webhooks must be there");
}

void Rules::components() const
{
    for (const auto &[kind, entries] : m_node.items()) {
        if (kind.starts_with("x-") || !entries.is_object())
            continue;
        for (const auto &[name, entry] : entries.items()) {
            if (!isComponentName(name))
                say(kind + " has the name " + name + ", which may only have letters, digits, '.', '_' and '-'");
        }
    }
}

void Rules::paths() const
{
    for (const auto &[path, item] : m_node.items()) {
        if (!path.starts_with("x-") && !path.starts_with('/'))
            say("the path " + path + " does not start with /");
    }
}

void Rules::responses() const
{
    std::size_t answers = 0;
    for (const auto &[key, entry] : m_node.items()) {
        answers += key.starts_with("x-") ? 0U : 1U;
        if (!key.starts_with("x-") && !isStatusKey(key))
            say(key + " is no status code");
    }
    if (answers == 0)
        say("no response is described");
}

void Rules::schemaOrContent() const
{
    if (m_version == 20)
        return;
    excludes("schema", "content");
    excludes("example", "examples");
    if (!has("schema") && !has("content"))
        say("neither schema nor content is there");
    if (has("content") && (!m_node["content"].is_object() || m_node["content"].size() != 1))
        say("content must have one media type");
    for (const auto *key : {"style", "explode", "allowReserved"})
        excludes("content", key);
}

void Rules::parameterPlace(const std::string &in) const
{
    static const std::map<std::string, std::vector<std::string>> styles = {{"path", {"matrix", "label", "simple"}},
        {"query", {"form", "spaceDelimited", "pipeDelimited", "deepObject"}}, {"header", {"simple"}}, {"cookie", {"form", "cookie"}}, {"querystring", {}}};
    const auto known = styles.find(in);
    if (known == styles.end() || (in == "querystring" && m_version < 32))
        return say("in is " + in + ", which is no place of a parameter");
    const auto style = textAt(m_node, "style");
    if (!style.empty() && (std::ranges::find(known->second, style) == known->second.end() || (style == "cookie" && m_version < 32)))
        say("style " + style + " does not go with in: " + in);
    if (in == "path" && has("schema") && !truthAt(m_node, "required"))
        say("a path parameter must be required");
    if (in == "querystring" && has("schema"))
        say("a querystring parameter needs content instead of schema");
    if (m_version >= 31 && has("allowEmptyValue") && in != "query")
        say("allowEmptyValue goes with in: query only");
    const bool isReservable = in == "query" || (m_version >= 32 && (in == "path" || (in == "cookie" && style != "cookie")));
    if (m_version >= 31 && has("allowReserved") && !isReservable)
        say("allowReserved does not go with in: " + in + (style.empty() ? "" : " and style: " + style));
}

void Rules::parameter() const
{
    const auto in = textAt(m_node, "in");
    const auto name = textAt(m_node, "name");
    if (m_version == 20) {
        constexpr std::array places = {"query", "header", "path", "formData", "body"};
        if (has("in") && std::ranges::none_of(places, [&](const char *place) { return in == place; }))
            say("in is " + in + ", which is no place of a parameter");
        if (in == "body" && !has("schema"))
            say("a body parameter needs a schema");
        else if (has("in") && in != "body" && !has("type"))
            say("type is missing");
        return;
    }
    schemaOrContent();
    if (has("in"))
        parameterPlace(in);
    if (in == "header" && !isToken(name))
        say("the header name " + name + " has a character that no header name may have");
    if (in == "path" && name.find_first_of("{}") != std::string::npos)
        say("the name " + name + " has braces");
}

void Rules::encodings() const
{
    excludes("encoding", "prefixEncoding");
    excludes("encoding", "itemEncoding");
    excludes("example", "examples");
    headerNames();
}

void Rules::headerNames() const
{
    for (const auto &[name, header] : objectAt(m_node, "headers").items()) {
        if (!isToken(name))
            say("the header name " + name + " has a character that no header name may have");
    }
}

void Rules::queryStrings() const
{
    std::size_t strings = 0;
    std::size_t queries = 0;
    for (const auto &parameter : arrayAt(m_node, "parameters")) {
        const auto in = textAt(parameter, "in");
        strings += in == "querystring" ? 1U : 0U;
        queries += in == "query" ? 1U : 0U;
    }
    if (strings > 1)
        say("two querystring parameters");
    if (strings > 0 && queries > 0)
        say("a query parameter beside a querystring parameter");
}

void Rules::pathItem() const
{
    queryStrings();
    for (const auto &[method, operation] : objectAt(m_node, "additionalOperations").items()) {
        if (!isToken(method) || isOpenApiMethod(lowered(method)))
            say("additionalOperations has " + method + ", which has a field of its own or is no method");
    }
}

void Rules::securityScheme() const
{
    const auto type = textAt(m_node, "type");
    const auto needs = [&](const char *key) {
        if (!has(key))
            say(type + " needs " + key);
    };
    if (type == "apiKey") {
        needs("name");
        needs("in");
    } else if (m_version == 20 && type == "oauth2") {
        needs("flow");
        needs("scopes");
    } else if (type == "http" && m_version >= 30) {
        needs("scheme");
    } else if (type == "oauth2") {
        needs("flows");
    } else if (type == "openIdConnect" && m_version >= 30) {
        needs("openIdConnectUrl");
    } else if (has("type") && !(type == "basic" && m_version == 20) && !(type == "mutualTLS" && m_version >= 31)) {
        say("type " + type + " is not known");
    }
}

void Rules::example() const
{
    for (const auto *key : {"externalValue", "dataValue", "serializedValue"})
        excludes("value", key);
    excludes("serializedValue", "externalValue");
}

void Rules::xml() const
{
    excludes("nodeType", "attribute");
    excludes("nodeType", "wrapped");
}

void Rules::serverVariable() const
{
    if (has("enum") && m_node["enum"].is_array() && m_node["enum"].empty())
        say("enum is empty");
}

void Rules::check(const std::string &shape)
{
    static const std::map<std::string, void (Rules::*)() const> rules = {
        {"Root", &Rules::root}, {"Components", &Rules::components}, {"Paths", &Rules::paths}, {"Responses", &Rules::responses},
        {"Parameter", &Rules::parameter}, {"Header", &Rules::schemaOrContent}, {"MediaType", &Rules::encodings}, {"Encoding", &Rules::encodings},
        {"Response", &Rules::headerNames}, {"Operation", &Rules::queryStrings}, {"PathItem", &Rules::pathItem},
        {"SecurityScheme", &Rules::securityScheme}, {"Example", &Rules::example}, {"Xml", &Rules::xml}, {"ServerVariable", &Rules::serverVariable}};
    if (const auto rule = rules.find(shape); rule != rules.end())
        (this->*rule->second)();
    if (shape == "License")
        excludes("identifier", "url");
    else if (shape == "Link")
        excludes("operationRef", "operationId");
}

} // namespace

bool isOpenApiMethod(const std::string &name)
{
    constexpr std::array methods = {"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"};
    return std::ranges::any_of(methods, [&](const char *method) { return name == method; });
}

void checkOpenApiRules(const json &node, const std::string &shape, int version, const Complain &complain)
{
    Rules(node, version, complain).check(shape);
}

} // namespace muster::http
