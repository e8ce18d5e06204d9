// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/recompute.h"

#include <QDate>
#include <QDateTime>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string_view>

namespace muster::report {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kSizeLimit = 64U << 20U; // bytes
constexpr int kDepthLimit = 12;                // a table's cell is at 6

struct Wrong : std::runtime_error {
    Wrong(const std::string &path, const std::string &expected) : std::runtime_error(path + ": " + expected) { }
};

const Json &member(const Json &object, std::string_view path, const char *key)
{
    const auto it = object.is_object() ? object.find(key) : object.end();
    if (!object.is_object() || it == object.end())
        throw Wrong(std::string(path) + '.' + key, "expected it to be there; is this a report of muster (JSON)?");
    return *it;
}

std::string text(const Json &object, const std::string &path, const char *key)
{
    const auto &value = member(object, path, key);
    if (!value.is_string())
        throw Wrong(path + '.' + key, std::string("expected text, found ") + value.type_name());
    return value.get<std::string>();
}

std::string textOr(const Json &object, const char *key)
{
    const auto it = object.find(key);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

double number(const Json &object, const std::string &path, const char *key)
{
    const auto &value = member(object, path, key);
    if (!value.is_number())
        throw Wrong(path + '.' + key, std::string("expected a number, found ") + value.type_name());
    return value.get<double>();
}

Interval interval(const Json &object, const std::string &path, const char *key)
{
    const auto &value = member(object, path, key);
    return {number(value, path + '.' + key, "low"), number(value, path + '.' + key, "high")};
}

Millis milliseconds(const Json &object, const std::string &path, const char *key)
{
    const auto value = number(object, path, key) * 1000;
    if (!(std::abs(value) < 9e15))
        throw Wrong(path + '.' + key, "expected seconds, found something absurd");
    return Millis(std::llround(value));
}

WallTime timeOf(const Json &object, const std::string &path, const char *key)
{
    const auto at = QDateTime::fromString(QString::fromStdString(text(object, path, key)), Qt::ISODateWithMs);
    if (!at.isValid())
        throw Wrong(path + '.' + key, "expected a time such as 2026-01-31T12:00:00.000Z");
    return WallTime(Millis(at.toMSecsSinceEpoch()));
}

template<class Read>
void forEach(const Json &object, const std::string &path, const char *key, Read read)
{
    const auto &list = member(object, path, key);
    if (!list.is_array())
        throw Wrong(path + '.' + key, std::string("expected a list, found ") + list.type_name());
    for (std::size_t i = 0; i < list.size(); ++i)
        read(list[i], path + '.' + key + '[' + std::to_string(i) + ']');
}

Table tableOf(const Json &json, const std::string &path)
{
    Table table;
    forEach(json, path, "columns", [&](const Json &column, const std::string &at) { table.columns.push_back({text(column, at, "name"), text(column, at, "unit")}); });
    forEach(json, path, "rows", [&](const Json &row, const std::string &) {
        auto &cells = table.rows.emplace_back();
        for (const auto &cell : row)
            cells.push_back(cell.is_boolean() ? Cell(cell.get<bool>()) : cell.is_number() ? Cell(cell.get<double>()) : cell.is_string() ? Cell(cell.get<std::string>()) : Cell());
        cells.resize(table.columns.size());
    });
    return table;
}

Value valueOf(const Json &fact, const std::string &path)
{
    const auto state = textOr(fact, "state");
    if (state == "unknown")
        return Unknown{textOr(fact, "reason"), textOr(fact, "hint")};
    if (state == "not-applicable")
        return NotApplicable{textOr(fact, "reason")};
    const auto &value = member(fact, path, "value");
    if (value.is_boolean())
        return value.get<bool>();
    if (value.is_number())
        return value.get<double>();
    if (value.is_string())
        return value.get<std::string>();
    if (value.is_object())
        return tableOf(value, path + ".value");
    const auto infinity = std::numeric_limits<double>::infinity();
    return state == "infinite" ? infinity : state == "minus-infinite" ? -infinity : std::numeric_limits<double>::quiet_NaN(); // a stale one is not shown
}

FaultKind kindOfFault(const std::string &word)
{
    for (int i = 0; i <= static_cast<int>(FaultKind::Cancelled); ++i) {
        if (toString(static_cast<FaultKind>(i)) == word)
            return static_cast<FaultKind>(i);
    }
    return FaultKind::Unavailable;
}

Snapshot snapshotOf(const Json &json)
{
    Snapshot snapshot;
    snapshot.at = timeOf(json, "$", "at");
    forEach(json, "$", "sources", [&](const Json &source, const std::string &path) {
        SourceState state{text(source, path, "id"), text(source, path, "kind"), std::nullopt, std::nullopt, std::nullopt, Millis{0}};
        if (!member(source, path, "age").is_null()) {
            state.age = milliseconds(source, path, "age");
            state.lastGood = Stamp{snapshot.at - state.age, {}};
        }
        snapshot.sources.push_back(std::move(state));
    });
    forEach(json, "$", "faults", [&](const Json &fault, const std::string &path) {
        const auto state = std::ranges::find(snapshot.sources, text(fault, path, "source"), &SourceState::id);
        if (state == snapshot.sources.end())
            throw Wrong(path + ".source", "expected one of $.sources");
        state->fault = Fault{kindOfFault(text(fault, path, "kind")), text(fault, path, "stage"), text(fault, path, "detail"), text(fault, path, "hint")};
    });
    forEach(json, "$", "facts", [&](const Json &fact, const std::string &path) {
        const auto name = text(fact, path, "name");
        const auto source = text(fact, path, "source");
        Observed observed{{name, valueOf(fact, path), text(fact, path, "unit"), milliseconds(fact, path, "budget"), {}}, source, timeOf(fact, path, "at"), milliseconds(fact, path, "age")};
        if (textOr(fact, "state") == "stale" && !observed.isStale())
            throw Wrong(path + ".age", "expected more than the budget of a stale fact");
        snapshot.facts[source].insert_or_assign(name, std::move(observed));
    });
    return snapshot;
}

readiness::Context contextOf(const Json &json)
{
    readiness::Context context{text(json, "$", "kind"), {}};
    forEach(json, "$", "waivers", [&](const Json &waiver, const std::string &path) {
        const auto until = QDate::fromString(QString::fromStdString(text(waiver, path, "until")), Qt::ISODate);
        if (!until.isValid())
            throw Wrong(path + ".until", "expected a date such as 2027-03-31");
        context.waivers.push_back({text(waiver, path, "check"), text(waiver, path, "owner"), text(waiver, path, "reason"),
                                   std::chrono::sys_days(std::chrono::days(QDate(1970, 1, 1).daysTo(until)))});
    });
    return context;
}

SavedReport reportOf(const Json &json)
{
    if (!json.is_object())
        throw Wrong("$", "expected an object");
    if (number(json, "$", "schema") != 1)
        throw Wrong("$.schema", "expected 1: this report is of another version of the program");
    SavedReport saved;
    saved.program = text(json, "$", "program");
    saved.environment = text(json, "$", "environment");
    const auto &profile = member(json, "$", "profile");
    saved.profileName = text(profile, "$.profile", "name");
    saved.profileHash = text(profile, "$.profile", "sha256");
    saved.verdict = text(json, "$", "verdict");
    saved.score = interval(json, "$", "score");
    forEach(json, "$", "checks", [&](const Json &check, const std::string &path) {
        auto id = text(check, path, "id");
        if (!saved.checks.empty() && saved.checks.back().id == id)
            return; // the worst instance stands first and speaks for the check
        SavedCheck &entry = saved.checks.emplace_back(SavedCheck{std::move(id), text(check, path, "title"), text(check, path, "status"), interval(check, path, "earned"), {}});
        forEach(check, path, "facts", [&](const Json &fact, const std::string &) {
            if (fact.is_string())
                entry.facts.push_back(fact.get<std::string>());
        });
    });
    saved.snapshot = snapshotOf(json);
    saved.context = contextOf(json);
    return saved;
}

} // namespace

std::expected<SavedReport, std::string> readReport(std::string_view bytes)
{
    if (bytes.size() > kSizeLimit)
        return std::unexpected(std::string("is larger than 64 MiB; this cannot be a report"));
    try {
        const auto shallow = [](int depth, Json::parse_event_t, Json &) {
            if (depth > kDepthLimit)
                throw Wrong("$", "expected a report, found lists and objects more than " + std::to_string(kDepthLimit) + " deep");
            return true;
        };
        return reportOf(Json::parse(bytes, shallow));
    } catch (const Json::exception &) {
        return std::unexpected(std::string("is no JSON"));
    } catch (const Wrong &wrong) {
        return std::unexpected(std::string(wrong.what()));
    }
}

} // namespace muster::report
