// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/topology.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/factpresenter.h"

#include <QCoreApplication>
#include <QStringList>

namespace muster::topology {

namespace {

constexpr QChar kSplit(0x1f);

QString tr(const char *text)
{
    return QCoreApplication::translate("Topology", text);
}

QString sized(std::optional<double> bytes)
{
    return bytes ? QString::fromStdString(format::size(*bytes)) : QStringLiteral("–");
}

RowCell sizeCell(std::optional<double> bytes)
{
    return {sized(bytes), bytes.value_or(-1), {}, !bytes, false};
}

RowCell timeCell(std::optional<double> seconds)
{
    return {seconds ? QString::fromStdString(format::duration(*seconds)) : QStringLiteral("–"), seconds.value_or(-1), {}, !seconds, false};
}

/// The facts of one server, fresh ones only.
struct Server {
    const Snapshot &snapshot;
    const std::string &source;

    [[nodiscard]] const Observed *fresh(const char *fact) const
    {
        const Observed *observed = snapshot.find(source, fact);
        return observed && !observed->isStale() ? observed : nullptr;
    }
    [[nodiscard]] std::string text(const char *fact) const
    {
        const Observed *observed = fresh(fact);
        const std::string *string = observed ? asText(observed->fact.value) : nullptr;
        return string ? *string : std::string();
    }
    [[nodiscard]] std::optional<double> number(const char *fact) const { return facts::freshNumber(snapshot.find(source, fact)); }
    [[nodiscard]] const Table *table(const char *fact) const
    {
        const Observed *observed = fresh(fact);
        return observed ? asTable(observed->fact.value) : nullptr;
    }
};

struct Line {
    QString key;
    int depth = 0;
    QString what;
    QString state;
    std::optional<double> bytes;
    std::optional<double> seconds;
    QString note;
    std::optional<CheckStatus> status;
};

QString wordOf(std::optional<CheckStatus> status)
{
    if (!status)
        return {};
    return *status == CheckStatus::Fail ? tr("bad") : *status == CheckStatus::Warn ? tr("look") : *status == CheckStatus::Pass ? tr("good") : tr("unknown");
}

Row rowOf(const Line &line)
{
    const QString indent = line.depth == 0 ? QString() : QString(4 * (line.depth - 1) + 2, QLatin1Char(' ')) % QStringLiteral("└ ");
    return {line.key,
            {{wordOf(line.status), {}, {}, false, false}, {indent % line.what, {}, {}, false, line.depth == 0}, {line.state, {}, {}, false, false}, sizeCell(line.bytes), timeCell(line.seconds),
             {line.note, {}, {}, true, false}},
            line.status, line.note};
}

Line upstream(const Server &server)
{
    const Observed *receiver = server.fresh("postgres.receiver_streaming");
    const bool *isStreaming = receiver ? asTruth(receiver->fact.value) : nullptr;
    const QString from = receiver ? text::label(receiver->fact.raw, 120) : QString(); // "from db1"
    Line line{QStringLiteral("upstream"), 0, tr("Upstream"), {}, {}, {}, from, {}};
    line.status = !isStreaming ? CheckStatus::Unknown : *isStreaming ? CheckStatus::Pass : CheckStatus::Fail;
    line.state = !isStreaming ? tr("unknown") : *isStreaming ? tr("streaming") : tr("not connected");
    if (server.number("postgres.replay_paused").value_or(0) > 0)
        line.note = tr("replay is paused here: SELECT pg_wal_replay_resume();") % (line.note.isEmpty() ? QString() : QStringLiteral(" · ") % line.note);
    return line;
}

Line self(const Server &server, int depth)
{
    Line line{QStringLiteral("self"), depth, text::label(server.source, 60), text::label(server.text("postgres.role"), 24), {}, {}, {}, {}};
    QStringList note;
    if (const std::string version = server.text("postgres.version"); !version.empty())
        note << tr("PostgreSQL %1").arg(text::label(version, 24));
    if (const auto timeline = server.number("postgres.timeline"))
        note << tr("timeline %1").arg(QString::number(qint64(*timeline)));
    line.note = note.join(QStringLiteral(" · "));
    if (depth > 0) {
        line.bytes = server.number("postgres.replication_lag_bytes");
        line.seconds = server.number("postgres.replication_lag");
    }
    return line;
}

void addStandbys(const Table &standbys, int depth, std::vector<Line> &lines)
{
    for (std::size_t row = 0; row < standbys.rows.size(); ++row) {
        const auto field = [&standbys, row](const char *name) { return text::label(standbys.text(row, name), 80); };
        Line line{QStringLiteral("standby") % kSplit % field("name") % kSplit % field("client"), depth, field("name"), field("state"), standbys.number(row, "lag_bytes"), standbys.number(row, "lag"),
                  {}, {}};
        if (!field("client").isEmpty())
            line.what += tr(" at %1").arg(field("client"));
        if (!field("sync").isEmpty())
            line.state += QStringLiteral(" · ") % field("sync");
        if (const auto unsent = standbys.number(row, "unsent_bytes"); unsent && *unsent > 0)
            line.note = tr("%1 not sent yet").arg(sized(unsent));
        line.status = standbys.text(row, "state") == "streaming" ? CheckStatus::Pass : CheckStatus::Warn;
        lines.push_back(line);
    }
}

void addMissing(const Server &server, int depth, std::vector<Line> &lines)
{
    const auto missing = server.number("postgres.standbys_missing");
    if (missing && *missing > 0)
        lines.push_back({QStringLiteral("missing"), depth, *missing == 1 ? tr("1 expected standby") : tr("%1 expected standbys").arg(*missing), tr("not connected"), {}, {}, {}, CheckStatus::Fail});
}

CheckStatus slotStatus(const Table &slotTable, std::size_t row)
{
    const std::string wal = slotTable.text(row, "wal_status");
    if (wal == "lost" || wal == "unreserved" || !slotTable.text(row, "note").empty())
        return CheckStatus::Fail;
    const bool isActive = slotTable.truth(row, "active");
    return isActive && wal != "extended" ? CheckStatus::Pass : CheckStatus::Warn;
}

void addSlots(const Table &slotTable, int depth, std::vector<Line> &lines)
{
    for (std::size_t row = 0; row < slotTable.rows.size(); ++row) {
        const auto field = [&slotTable, row](const char *name) { return text::label(slotTable.text(row, name), 80); };
        const bool isActive = slotTable.truth(row, "active");
        QString state = isActive ? tr("in use") : tr("nobody reads it");
        if (!field("wal_status").isEmpty())
            state += QStringLiteral(" · ") % field("wal_status");
        const auto left = slotTable.number(row, "safe_wal_size");
        QString note = field("note");
        if (note.isEmpty() && left)
            note = tr("%1 until it is cut off").arg(sized(left));
        lines.push_back({QStringLiteral("slot") % kSplit % field("name"), depth, tr("slot %1 (%2)").arg(field("name"), field("type")), state, slotTable.number(row, "retained"), {}, note, slotStatus(slotTable, row)});
    }
}

// Declared servers with the same system identifier: what the primary's list calls "walreceiver" has a name here.
void addCopies(const Server &server, std::vector<Line> &lines)
{
    const std::string identifier = server.text("postgres.system_identifier");
    for (const std::string &id : server.snapshot.sourcesOfKind("postgres")) {
        const Server other{server.snapshot, id};
        if (identifier.empty() || id == server.source || other.text("postgres.system_identifier") != identifier)
            continue;
        Line line = self(other, 0);
        line.key = QStringLiteral("copy") % kSplit % QString::fromStdString(id);
        line.state += QStringLiteral(" · ") % tr("same cluster");
        line.bytes = other.number("postgres.replication_lag_bytes");
        line.seconds = other.number("postgres.replication_lag");
        lines.push_back(line);
    }
}

std::vector<Line> linesOf(const Server &server)
{
    std::vector<Line> lines;
    const bool isStandby = server.text("postgres.role") == "standby";
    if (isStandby)
        lines.push_back(upstream(server));
    const int own = isStandby ? 1 : 0;
    lines.push_back(self(server, own));
    if (const Table *standbys = server.table("postgres.replicas"))
        addStandbys(*standbys, own + 1, lines);
    addMissing(server, own + 1, lines);
    if (const Table *slotTable = server.table("postgres.slots"))
        addSlots(*slotTable, own + 1, lines);
    addCopies(server, lines);
    return lines;
}

// "slot\x1fold_reporting" → the row of that name
Detail tableDetail(const Table &table, const QString &name, const QString &client)
{
    Detail detail;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const bool isSame = text::label(table.text(row, "name"), 80) == name && (client.isNull() || text::label(table.text(row, "client"), 80) == client);
        if (!isSame)
            continue;
        detail.title = name;
        detail.lines = facts::linesOf(table, row, {"name"});
        return detail;
    }
    return detail;
}

} // namespace

std::vector<RowColumn> columns()
{
    return {{QString(), ColumnKind::Status, 32}, {tr("Server or slot"), ColumnKind::Text, -280}, {tr("State"), ColumnKind::Text, -220}, {tr("Behind or kept"), ColumnKind::Number, -120}, {tr("Lag"), ColumnKind::Number, -80},
            {tr("Note"), ColumnKind::Text, 0}};
}

std::vector<Row> rows(const Snapshot &snapshot, const std::string &source)
{
    std::vector<Row> rows;
    for (const Line &line : linesOf({snapshot, source}))
        rows.push_back(rowOf(line));
    return rows;
}

Detail detailOf(const Snapshot &snapshot, const std::string &source, const QString &key)
{
    const Server server{snapshot, source};
    const QString kind = key.section(kSplit, 0, 0);
    const QString name = key.section(kSplit, 1, 1);
    Detail detail;
    if (const Table *standbys = server.table("postgres.replicas"); standbys && kind == QLatin1String("standby"))
        detail = tableDetail(*standbys, name, key.section(kSplit, 2, 2));
    if (const Table *slotTable = server.table("postgres.slots"); slotTable && kind == QLatin1String("slot"))
        detail = tableDetail(*slotTable, name, {});
    if (const SourceState *state = kind == QLatin1String("copy") ? snapshot.source(name.toStdString()) : nullptr)
        return detail::ofSource(*state, snapshot);
    for (const Line &line : linesOf(server)) {
        if (line.key != key || detail.isEmpty())
            continue;
        detail.status = line.status;
        detail.subtitle = line.state;
        detail.evidence = line.note;
    }
    if (kind == QLatin1String("slot") && detail.status && *detail.status != CheckStatus::Pass)
        detail.remedy = tr("WAL stays on the disk for it until its consumer comes back. If it never will: SELECT pg_drop_replication_slot('%1');").arg(QString(name).replace(QLatin1Char('\''), QStringLiteral("''")));
    return detail;
}

} // namespace muster::topology
