// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/custompointer.h"

#include "connectors/http/json.h"

namespace muster::http {

namespace {

using Json = nlohmann::json;

Cell cellOf(const Json &json)
{
    if (json.is_number())
        return json.get<double>();
    if (json.is_boolean())
        return json.get<bool>();
    if (json.is_string())
        return clamp(json.get_ref<const std::string &>(), 1024);
    return {};
}

Table tableOf(const Json &object, const std::string &unit)
{
    Table table{{{"name", {}}, {"value", unit}}, {}, CustomFacts::kRows, object.size() > CustomFacts::kRows};
    for (const auto &[name, value] : object.items()) {
        if (table.rows.size() == table.limit)
            break;
        table.rows.push_back({clamp(name, 256), cellOf(value)});
    }
    return table;
}

/// The value at the pointer; null where there is none.
const Json *found(const Json &document, const std::string &pointer)
{
    try {
        return &document.at(Json::json_pointer(pointer));
    } catch (const Json::exception &) {
        return nullptr;
    }
}

} // namespace

Value customValue(std::string_view body, const std::string &pointer, const std::string &unit)
{
    const auto document = parseJson(body);
    if (!document)
        return Unknown{"the answer is no JSON", {}};
    const auto *json = found(*document, pointer);
    if (!json)
        return Unknown{"the answer has nothing at “" + pointer + "”", "“pointer” in the section “facts” is a JSON pointer: /queues/0/depth"};
    if (json->is_object())
        return tableOf(*json, unit);
    auto cell = cellOf(*json);
    if (const auto *number = std::get_if<double>(&cell))
        return *number;
    if (const auto *truth = std::get_if<bool>(&cell))
        return *truth;
    if (auto *text = std::get_if<std::string>(&cell))
        return std::move(*text);
    return Unknown{"at “" + pointer + "” stands " + (json->is_null() ? "null" : "a list of " + std::to_string(json->size())), {}};
}

std::expected<CustomAnswer, Fault> askCustom(Site &site, const CustomFact &fact, Deadline deadline)
{
    const auto vantages = site.answering();
    if (vantages.empty())
        return std::unexpected(Fault{FaultKind::Unavailable, "protocol", "no address answers", {}});
    const auto answer = site.get(*vantages.front(), fact.question[0], deadline, {{"Accept", "application/json"}});
    if (!answer)
        return std::unexpected(answer.error());
    if (!answer->isSuccess())
        return std::unexpected(Fault{FaultKind::Protocol, "query", clamp(fact.question[0], 200) + " answers " + std::to_string(answer->status), {}});
    return CustomAnswer{customValue(answer->body, fact.question[1], fact.unit), {}};
}

} // namespace muster::http
