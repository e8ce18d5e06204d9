// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/report/historyreport.h"

#include "models/format/format.h"
#include "models/format/text.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace muster::report {

namespace {

using Json = nlohmann::ordered_json;

constexpr Millis kWatching{60000}; // a longer silence before a drop is worth saying

Json stateJson(const HistoryState &state)
{
    return {{"low", state.score.low}, {"high", state.score.high}, {"verdict", toString(state.verdict)}};
}

std::string dumped(const Json &json)
{
    return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace

std::string dropInWords(const HistoryDrop &drop)
{
    auto words = format::score(drop.before.score) + " → " + format::score(drop.after.score);
    if (drop.before.verdict != drop.after.verdict)
        words += ", " + format::verdict(drop.before.verdict) + " → " + format::verdict(drop.after.verdict);
    if (drop.at - drop.lastSeen > kWatching)
        words += " (nobody watched since " + format::utc(drop.lastSeen) + ")";
    return words;
}

std::string causeInWords(const HistoryEvent &event)
{
    auto words = event.change < 0 ? "−" + format::number(-event.change) + "  " : std::string();
    words += text::plain(event.check, 100) + ": " + event.from + " → " + event.to;
    return event.evidence.empty() ? words : words + ": " + text::plain(event.evidence, 300);
}

std::string dropsToTable(const std::vector<HistoryDrop> &drops)
{
    std::string text;
    for (const auto &drop : drops) {
        text += format::utc(drop.at) + "  " + dropInWords(drop) + "\n";
        for (const auto &cause : drop.causes)
            text += "    " + causeInWords(cause) + "\n";
    }
    return text.empty() ? "nothing dropped\n" : text;
}

std::string dropsToJson(const std::vector<HistoryDrop> &drops)
{
    Json list = Json::array();
    for (const auto &drop : drops) {
        Json causes = Json::array();
        for (const auto &cause : drop.causes)
            causes.push_back({{"check", cause.check}, {"from", cause.from}, {"to", cause.to}, {"change", cause.change}, {"evidence", cause.evidence}});
        list.push_back({{"at", format::iso(drop.at)}, {"lastSeen", format::iso(drop.lastSeen)}, {"before", stateJson(drop.before)}, {"after", stateJson(drop.after)},
                        {"causes", causes}});
    }
    return dumped({{"schema", 1}, {"drops", list}});
}

std::string seriesToTable(const std::string &name, const std::vector<HistoryPoint> &points)
{
    if (points.empty())
        return "no points of " + text::plain(name, 200) + "\n";
    std::string text = "# " + text::plain(name, 200) + ": time, mean, min, max, last, count\n";
    for (const auto &point : points) {
        text += format::iso(point.at);
        for (const auto value : {point.value, point.min, point.max, point.last})
            text += "  " + format::number(value, 4);
        text += "  " + std::to_string(point.count) + "\n";
    }
    return text;
}

std::string seriesToJson(const std::string &name, const std::vector<HistoryPoint> &points)
{
    Json list = Json::array();
    for (const auto &point : points)
        list.push_back({{"at", format::iso(point.at)}, {"mean", point.value}, {"min", point.min}, {"max", point.max}, {"last", point.last}, {"count", point.count}});
    return dumped({{"schema", 1}, {"series", name}, {"points", list}});
}

} // namespace muster::report
