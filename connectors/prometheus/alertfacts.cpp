// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/promfacts.h"

#include <algorithm>
#include <map>
#include <set>

/// What the declared Alertmanagers say, as facts.
namespace muster::prometheus {

namespace {

const Unknown kUndeclared{"no Alertmanager is declared", "Name it under \"alertmanagers\" in the environment file."};

/// "" = it arrives.
std::string watchdogTrouble(const std::vector<AlertmanagerView> &views, const std::string &watchdog)
{
    std::string trouble = "no Alertmanager has the alert " + watchdog;
    for (const auto &view : views) {
        for (const auto &alert : view.alerts) {
            if (alert.label("alertname") != watchdog)
                continue;
            if (alert.state != "suppressed")
                return {};
            trouble = watchdog + " is silenced or inhibited in " + view.url + ": its receiver hears nothing of it";
        }
    }
    return trouble;
}

Value watchdogValue(const std::vector<AlertmanagerView> &views, const std::string &trouble, double up)
{
    if (views.empty())
        return kUndeclared;
    if (!trouble.empty() && up < static_cast<double>(views.size()))
        return Unknown{"not every Alertmanager answers", {}};
    return trouble.empty();
}

Value receiversValue(const std::vector<AlertmanagerView> &views, double up)
{
    if (views.empty())
        return kUndeclared;
    if (up == 0)
        return Unknown{"no Alertmanager answers", {}};
    return std::ranges::all_of(views, [](const AlertmanagerView &view) {
        return view.fault || (view.routing && std::ranges::any_of(view.routing->receivers, [](const auto &entry) { return !entry.second.empty(); }));
    });
}

/// Unknown where some of them could not be asked and the others are in order: the silent one may hold the trouble.
Value countValue(const std::vector<AlertmanagerView> &views, double count)
{
    if (views.empty())
        return kUndeclared;
    const bool isPartial = std::ranges::any_of(views, [](const AlertmanagerView &view) { return view.fault.has_value(); });
    if (count == 0 && isPartial)
        return Unknown{"not every Alertmanager answers", {}};
    return count;
}

void addSilenceFacts(FactBatch &batch, const std::vector<AlertmanagerView> &views, double now)
{
    double active = 0;
    double wide = 0;
    double longest = 0;
    std::string worst;
    std::string last;
    auto table = tableOf({{"id", ""}, {"matchers", ""}, {"created_by", ""}, {"comment", ""}, {"ends_at", "epoch"}});
    for (const auto &view : views) {
        for (const auto &silence : view.silences) {
            if (silence.state != "active" && silence.state != "pending")
                continue;
            active += 1;
            if (silence.state == "active")
                addRow(table, {silence.id, silence.matchers, silence.createdBy, clamp(silence.comment, 500), epochCell(silence.endsAt)});
            const auto words = "{" + silence.matchers + "} of " + (silence.createdBy.empty() ? "nobody in particular" : silence.createdBy) + ", " + silence.id;
            if (silence.isOverEverything) {
                wide += 1;
                worst = words;
            }
            if (silence.endsAt - now > longest) {
                longest = silence.endsAt - now;
                last = words;
            }
        }
    }
    batch.add("prometheus.silences_active", countValue(views, active), "count", kBudget);
    batch.add("prometheus.silences_over_everything", countValue(views, wide), "count", kBudget, clamp(worst));
    batch.add("prometheus.silence_worst", clamp(worst, 512), "", kBudget);
    // Until the last one ends; one without an end ends in the year 9999 or so.
    batch.add("prometheus.silence_longest", countValue(views, longest), "s", kBudget, clamp(last));
    batch.add("prometheus.silence_last", clamp(last, 512), "", kBudget);
    batch.add("prometheus.silences", std::move(table), "", kBudget);
}

std::string inhibitionTrouble(const Inhibition &rule, const std::string &watchdog)
{
    const auto isOpen = [](const Matchers &matchers) { return std::ranges::all_of(matchers, &Matcher::isOpen); };
    if (isOpen(rule.source))
        return "every alert is its source: it mutes others for any reason";
    if (acceptsAll(rule.source, {{"alertname", watchdog}, {"severity", "none"}}) || acceptsAll(rule.source, {{"alertname", watchdog}}))
        return "the watchdog is its source, which always fires: its targets are muted for ever";
    if (isOpen(rule.target))
        return "every alert is its target";
    if (rule.equal.empty() && std::ranges::none_of(rule.source, [](const Matcher &matcher) { return matcher.label == "alertname"; }))
        return "no label must be equal: it mutes what has nothing to do with its source";
    return {};
}

void addInhibitionFacts(FactBatch &batch, const std::vector<AlertmanagerView> &views, const std::string &watchdog)
{
    double bad = 0;
    std::string worst;
    for (const auto &view : views) {
        if (!view.routing)
            continue;
        for (const auto &rule : view.routing->inhibitions) {
            const auto trouble = inhibitionTrouble(rule, watchdog);
            if (trouble.empty())
                continue;
            bad += 1;
            std::string source;
            for (const auto &matcher : rule.source)
                source += (source.empty() ? "" : ", ") + matcher.text();
            worst = "the inhibition with source {" + source + "}: " + trouble;
        }
    }
    batch.add("prometheus.inhibitions_bad", countValue(views, bad), "count", kBudget, clamp(worst));
    batch.add("prometheus.inhibition_worst", clamp(worst, 512), "", kBudget);
}

bool isTemplate(const std::string &value)
{
    return value.contains("{{");
}

} // namespace

void addAlertmanagerFacts(FactBatch &batch, const std::vector<AlertmanagerView> &views, const std::string &watchdog, double now)
{
    double up = 0;
    std::string raw;
    for (const auto &view : views) {
        up += view.fault ? 0 : 1;
        raw += view.url + ": " + (view.fault ? view.fault->detail : "version " + view.status.version + ", cluster " + view.status.cluster) + "\n";
        if (!view.routing)
            continue;
        for (const auto &[name, integrations] : view.routing->receivers) {
            raw += "  receiver " + name + ":";
            for (const auto &integration : integrations)
                raw += " " + integration;
            raw += integrations.empty() ? " notifies nobody\n" : "\n";
        }
    }
    raw = clamp(raw);
    const auto trouble = watchdogTrouble(views, watchdog);
    batch.add("prometheus.alertmanagers_declared", static_cast<double>(views.size()), "count", kBudget, raw);
    batch.add("prometheus.alertmanagers_up", up, "count", kBudget, raw);
    batch.add("prometheus.watchdog_firing", watchdogValue(views, trouble, up), "", kBudget, raw);
    batch.add("prometheus.watchdog_trouble", clamp(trouble, 512), "", kBudget);
    batch.add("prometheus.alert_receivers_ok", receiversValue(views, up), "", kBudget, raw);
    addSilenceFacts(batch, views, now);
    addInhibitionFacts(batch, views, watchdog);
}

void addRoutingFacts(FactBatch &batch, const std::vector<AlertmanagerView> &views, const std::vector<Rule> &rules, const std::string &watchdog)
{
    std::set<std::string> lost;
    double without = 0;
    std::string worst;
    std::optional<Fault> unread;
    auto table = tableOf({{"severity", ""}, {"alert", ""}, {"receiver", ""}, {"notifies", ""}, {"alertmanager", ""}});
    for (const auto &rule : rules) {
        if (!rule.isAlerting() || rule.name == watchdog)
            continue;
        auto labels = rule.labels;
        std::erase_if(labels, [](const auto &label) { return isTemplate(label.second); });
        labels["alertname"] = rule.name;
        const auto severity = labels.contains("severity") ? labels["severity"] : std::string();
        without += severity.empty() ? 1 : 0;
        for (const auto &view : views) {
            if (!view.fault && !view.routing)
                unread = view.routing.error();
            if (view.fault || !view.routing)
                continue;
            const auto receivers = view.routing->receiversOf(labels);
            const bool isHeard = std::ranges::any_of(receivers, [&](const std::string &name) { return view.routing->isReal(name); });
            if (!isHeard) {
                lost.insert(severity);
                worst = rule.name + (severity.empty() ? "" : " (severity " + severity + ")") + " goes to the receiver " + (receivers.empty() ? "" : receivers.front()) + ", which notifies nobody";
            }
            for (const auto &name : receivers)
                addRow(table, {severity, rule.name, name, view.routing->isReal(name), view.url});
        }
    }
    auto count = countValue(views, static_cast<double>(lost.size()));
    if (unread && lost.empty())
        count = Unknown{unread->detail, {}};
    batch.add("prometheus.severities_unrouted", std::move(count), "count", kBudget, clamp(worst));
    batch.add("prometheus.severity_worst", clamp(worst, 512), "", kBudget);
    batch.add("prometheus.alerts_without_severity", without, "count", kBudget);
    batch.add("prometheus.routes", std::move(table), "", kBudget);
}

} // namespace muster::prometheus
