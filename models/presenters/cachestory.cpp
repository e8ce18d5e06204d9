// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/cachestory.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/factpresenter.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <cmath>
#include <map>

namespace muster::cachestory {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("CacheStory", text);
}

QString q(const std::string &text)
{
    return QString::fromStdString(text);
}

/// The facts of one server as words; what is not known says so once, and never reads as a number.
struct Server {
    const Snapshot &snapshot;
    const std::string &source;

    [[nodiscard]] const Observed *find(const char *fact) const { return snapshot.find(source, fact); }
    [[nodiscard]] std::optional<double> number(const char *fact) const { return facts::freshNumber(find(fact)); }
    [[nodiscard]] bool isTrue(const char *fact) const { return number(fact).value_or(0) > 0; }
    [[nodiscard]] bool isFalse(const char *fact) const { return number(fact).value_or(1) == 0; }
    [[nodiscard]] QString shown(const char *fact) const { return facts::show(find(fact)).text; }
    [[nodiscard]] QString text(const char *fact) const
    {
        const Observed *observed = find(fact);
        const std::string *string = observed && !observed->isStale() ? asText(observed->fact.value) : nullptr;
        return string ? text::label(*string) : QString();
    }
    [[nodiscard]] QString count(const char *fact) const
    {
        const auto value = number(fact);
        return value ? q(format::number(*value, 0)) : shown(fact);
    }
};

struct Line {
    const char *fact; ///< whose detail it has
    const char *subject;
    QString sentence;
    CheckStatus status = CheckStatus::Pass;
};

Line hits(const Server &server)
{
    Line line{"redis.hit_ratio", QT_TRANSLATE_NOOP("CacheStory", "Hit rate"), {}};
    const Observed *ratio = server.find(line.fact);
    const auto window = server.number("redis.hit_ratio_window");
    const QString lookups = server.number("redis.lookups_rate") ? tr("%1 lookups").arg(server.shown("redis.lookups_rate")) : QString();
    if (server.number(line.fact)) {
        line.sentence = window ? tr("%1 over the last %2").arg(server.shown(line.fact), q(format::duration(*window))) : server.shown(line.fact);
        if (!lookups.isEmpty())
            line.sentence += QStringLiteral(" · ") % lookups;
        return line;
    }
    const facts::Shown shown = facts::show(ratio);
    line.status = CheckStatus::Unknown;
    line.sentence = shown.why.isEmpty() ? shown.text : shown.why;
    return line;
}

Line speed(const Server &server)
{
    Line line{"redis.rtt_p99", QT_TRANSLATE_NOOP("CacheStory", "Speed"), {}};
    QStringList parts;
    if (server.number("redis.operations_rate"))
        parts << tr("%1 commands").arg(server.shown("redis.operations_rate"));
    if (server.number(line.fact))
        parts << tr("a PING takes %1 at p99").arg(server.shown(line.fact));
    if (const auto p99 = server.number("redis.command_p99"))
        parts << tr("a command %1").arg(q(format::duration(*p99)));
    if (const auto slow = server.number("redis.slowlog_rate"); slow && *slow > 0)
        parts << tr("%1 slow ones").arg(server.shown("redis.slowlog_rate"));
    line.sentence = parts.join(QStringLiteral(" · "));
    return line;
}

Line memory(const Server &server)
{
    Line line{"redis.memory_used_ratio", QT_TRANSLATE_NOOP("CacheStory", "Memory"), {}};
    const auto used = server.number("redis.memory_used");
    const auto limit = server.number("redis.memory_max");
    if (!used) {
        line.status = CheckStatus::Unknown;
        line.sentence = server.shown("redis.memory_used");
        return line;
    }
    const QString size = q(format::size(*used));
    if (limit && *limit > 0)
        line.sentence = tr("%1 of %2 (%3)").arg(size, q(format::size(*limit)), q(format::ratio(*used / *limit)));
    else
        line.sentence = limit ? tr("%1, without a limit (maxmemory 0)").arg(size) : size;
    if (const auto lost = server.number("redis.memory_fragmentation_bytes"))
        line.sentence += QStringLiteral(" · ") % tr("%1 lost to fragmentation").arg(q(format::size(*lost)));
    if (server.isFalse("redis.fragmentation_ok")) {
        line.status = CheckStatus::Warn;
        line.sentence += QStringLiteral(" · ") % server.text("redis.fragmentation_reason");
    }
    return line;
}

Line leaving(const Server &server)
{
    Line line{"redis.evictions_rate", QT_TRANSLATE_NOOP("CacheStory", "Leaving keys"), {}};
    if (!server.find(line.fact))
        return line;
    line.sentence = tr("%1 evicted for lack of memory · %2 expired").arg(server.shown(line.fact), server.shown("redis.expirations_rate"));
    if (const QString policy = server.text("redis.policy"); !policy.isEmpty())
        line.sentence += QStringLiteral(" · ") % policy;
    if (!server.number(line.fact))
        line.status = CheckStatus::Unknown;
    else if (server.number(line.fact) > 0)
        line.status = CheckStatus::Warn;
    return line;
}

Line clients(const Server &server)
{
    Line line{"redis.clients_connected", QT_TRANSLATE_NOOP("CacheStory", "Clients"), {}};
    if (!server.find(line.fact))
        return line;
    line.sentence = server.number("redis.clients_max") ? tr("%1 of at most %2").arg(server.count(line.fact), server.count("redis.clients_max")) : server.count(line.fact);
    if (const auto blocked = server.number("redis.clients_blocked"); blocked && *blocked > 0)
        line.sentence += QStringLiteral(" · ") % tr("%1 wait in a blocking command").arg(server.count("redis.clients_blocked"));
    if (const auto buffer = server.number("redis.clients_output_buffer_max"))
        line.sentence += QStringLiteral(" · ") % tr("largest output buffer lately %1").arg(q(format::size(*buffer)));
    if (server.number("redis.rejected_rate").value_or(0) > 0) {
        line.status = CheckStatus::Fail;
        line.sentence += QStringLiteral(" · ") % tr("%1 turned away").arg(server.shown("redis.rejected_rate"));
    }
    return line;
}

// A save that says "ok" may hold nothing: FLUSHALL writes an empty file by itself.
Line persistence(const Server &server)
{
    Line line{"redis.persistence_fits", QT_TRANSLATE_NOOP("CacheStory", "Persistence"), {}};
    QStringList parts;
    if (server.isTrue("redis.writes_refused")) {
        line.status = CheckStatus::Fail;
        parts << tr("writes are refused: %1").arg(server.text("redis.writes_refused_reason"));
    }
    if (server.isFalse("redis.snapshot_content_ok")) {
        line.fact = "redis.snapshot_content_ok";
        line.status = CheckStatus::Fail;
        parts << server.text("redis.snapshot_reason");
    }
    if (server.isFalse("redis.rdb_status_ok") || server.isFalse("redis.aof_status_ok")) {
        line.status = CheckStatus::Fail;
        parts << tr("the last write to the disk failed");
    }
    if (const auto age = server.number("redis.rdb_age")) {
        const auto keys = server.number("redis.snapshot_keys");
        parts << (keys ? tr("snapshot %1 old, %2 keys in it").arg(q(format::duration(*age)), q(format::number(*keys, 0))) : tr("snapshot %1 old").arg(q(format::duration(*age))));
    }
    if (const auto changes = server.number("redis.changes_since_save"); changes && *changes > 0)
        parts << tr("%1 changes since").arg(q(format::number(*changes, 0)));
    if (server.find("redis.aof_on"))
        parts << (server.isTrue("redis.aof_on") ? tr("append-only file on") : server.isFalse("redis.aof_on") ? tr("append-only file off") : tr("append-only file: unknown"));
    line.sentence = parts.join(QStringLiteral(" · "));
    return line;
}

Line replication(const Server &server)
{
    Line line{"redis.replication_link_up", QT_TRANSLATE_NOOP("CacheStory", "Replication"), {}};
    if (server.text("redis.role") == QLatin1String("replica")) {
        line.status = server.isFalse(line.fact) ? CheckStatus::Fail : server.isTrue(line.fact) ? CheckStatus::Pass : CheckStatus::Unknown;
        line.sentence = server.isTrue(line.fact) ? tr("a replica, linked to its primary") : tr("a replica, not linked to its primary");
        if (const auto behind = server.number("redis.replication_lag_bytes"))
            line.sentence += QStringLiteral(" · ") % tr("%1 behind").arg(q(format::size(*behind)));
        return line;
    }
    const auto replicas = server.number("redis.replicas");
    if (!replicas)
        return line;
    line.fact = "redis.replicas";
    line.sentence = *replicas == 0 ? tr("a primary without replicas") : tr("a primary with %1 replicas").arg(q(format::number(*replicas, 0)));
    if (const auto behind = server.number("redis.replication_lag_bytes"); behind && *replicas > 0)
        line.sentence += QStringLiteral(" · ") % tr("the slowest is %1 behind").arg(q(format::size(*behind)));
    if (const auto missing = server.number("redis.replicas_missing"); missing && *missing > 0) {
        line.status = CheckStatus::Warn;
        line.sentence += QStringLiteral(" · ") % tr("%1 fewer than seen before").arg(q(format::number(*missing, 0)));
    }
    return line;
}

RowCell cell(const Server &server, const char *fact)
{
    const auto value = server.number(fact);
    return {server.shown(fact), value.value_or(-1), {}, !value, false};
}

RowCell limitCell(const Server &server)
{
    if (server.number("redis.memory_max") == 0)
        return {tr("no limit"), 0, {}, true, false};
    return cell(server, "redis.memory_used_ratio");
}

} // namespace

std::vector<RowColumn> columns()
{
    return {{QString(), ColumnKind::Status, 32}, {tr("Subject"), ColumnKind::Text, -120}, {tr("Now"), ColumnKind::Text, 0}};
}

std::vector<Row> rows(const Snapshot &snapshot, const std::string &source)
{
    const Server server{snapshot, source};
    std::vector<Row> rows;
    for (const Line &line : {hits(server), speed(server), memory(server), leaving(server), clients(server), persistence(server), replication(server)}) {
        if (line.sentence.isEmpty())
            continue;
        rows.push_back({q(source) % QChar(0x1f) % QString::fromUtf8(line.fact),
                        {{line.status == CheckStatus::Pass ? QString() : q(format::status(line.status)), severityRank(line.status), {}, false, false}, {tr(line.subject), {}, {}, false, true},
                         {line.sentence, {}, {}, line.status == CheckStatus::Unknown, false}},
                        line.status == CheckStatus::Pass ? std::nullopt : std::optional(line.status), line.sentence}); // what is good is for the checks to say
    }
    return rows;
}

std::vector<RowColumn> prefixColumns()
{
    return {{tr("Prefix"), ColumnKind::Text, -260}, {tr("Share, 95 % sure"), ColumnKind::Number, -150}, {QString(), ColumnKind::Bullet, 0}, {tr("Keys, about"), ColumnKind::Number, -150}, {tr("In the sample"), ColumnKind::Number, -110}};
}

std::vector<Row> prefixRows(const Table &prefixes)
{
    std::vector<Row> rows;
    for (std::size_t row = 0; row < prefixes.rows.size(); ++row) {
        const double share = prefixes.number(row, "share").value_or(0);
        const double margin = prefixes.number(row, "margin").value_or(0);
        const auto keys = prefixes.number(row, "keys_estimate");
        const QString range = margin > 0 ? tr("%1 ± %2").arg(q(format::ratio(share)), q(format::ratio(margin))) : q(format::ratio(share));
        const double spread = share > 0 && keys ? *keys * margin / share : 0;
        const QString about = !keys ? QStringLiteral("–") : spread > 0 ? tr("%1 ± %2").arg(q(format::number(*keys, 0)), q(format::number(std::ceil(spread), 0))) : q(format::number(*keys, 0));
        const Bullet bullet{{100 * std::max(0.0, share - margin), 100 * std::min(1.0, share + margin)}, -1, -1};
        rows.push_back({q(prefixes.text(row, "prefix")), // whole: two long ones may look alike
                        {{text::label(prefixes.text(row, "prefix"), 120), {}, {}, false, true}, {range, share, {}, false, false}, {QString(), share, QVariant::fromValue(bullet), false, false},
                         {about, keys.value_or(-1), {}, false, false}, {q(format::number(prefixes.number(row, "sampled").value_or(0), 0)), prefixes.number(row, "sampled").value_or(0), {}, true, false}},
                        std::nullopt, {}});
    }
    return rows;
}

std::vector<RowColumn> commandColumns()
{
    return {{tr("Command"), ColumnKind::Text, 0}, {tr("Calls"), ColumnKind::Number, -100}, {tr("Mean"), ColumnKind::Number, -100}, {tr("p50"), ColumnKind::Number, -90},
            {tr("p99"), ColumnKind::Number, -90}, {tr("Share of time"), ColumnKind::Number, -120}, {tr("Refused"), ColumnKind::Number, -90}};
}

std::vector<Row> commandRows(const Table &commands, const Table *latency)
{
    std::map<std::string, std::size_t> timed;
    for (std::size_t row = 0; latency && row < latency->rows.size(); ++row)
        timed.emplace(latency->text(row, "command"), row);
    const auto shown = [](std::optional<double> number, const char *unit) { return RowCell{number ? q(format::value(*number, unit)) : QStringLiteral("–"), number.value_or(-1), {}, !number, false}; };
    std::vector<Row> rows;
    for (std::size_t row = 0; row < commands.rows.size(); ++row) {
        const std::string command = commands.text(row, "command");
        const auto place = timed.find(command);
        const auto percentile = [&](const char *name) { return place == timed.end() ? std::nullopt : latency->number(place->second, name); };
        rows.push_back({q(command),
                        {{text::label(command, 60), {}, {}, false, true}, shown(commands.number(row, "calls_rate"), "1/s"), shown(commands.number(row, "mean_time"), "s"), shown(percentile("p50"), "s"),
                         shown(percentile("p99"), "s"), shown(commands.number(row, "share"), "ratio"), shown(commands.number(row, "refused"), "count")},
                        std::nullopt, {}});
    }
    return rows;
}

std::vector<RowColumn> instanceColumns()
{
    return {{tr("Instance"), ColumnKind::Text, 0},         {tr("Role"), ColumnKind::Text, -90},   {tr("Hit rate"), ColumnKind::Number, -110},   {tr("Lookups"), ColumnKind::Number, -90},
            {tr("Memory"), ColumnKind::Number, -90},       {tr("Of its limit"), ColumnKind::Number, -110}, {tr("Evicted"), ColumnKind::Number, -90}, {tr("Keys"), ColumnKind::Number, -90}};
}

std::vector<Row> instanceRows(const Snapshot &snapshot)
{
    std::vector<Row> rows;
    for (const std::string &source : snapshot.sourcesOfKind("redis")) {
        const Server server{snapshot, source};
        const SourceState *state = snapshot.source(source);
        const QString role = state && state->fault ? tr("no answer") : server.text("redis.role");
        rows.push_back({q(source),
                        {{text::label(source, 60), {}, {}, false, true}, {role, {}, {}, false, false}, cell(server, "redis.hit_ratio"), cell(server, "redis.lookups_rate"), cell(server, "redis.memory_used"),
                         limitCell(server), cell(server, "redis.evictions_rate"), cell(server, "redis.keys")},
                        std::nullopt, {}});
    }
    return rows;
}

} // namespace muster::cachestory
