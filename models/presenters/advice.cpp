// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/advice.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/factpresenter.h"
#include "models/presenters/sessions.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <algorithm>
#include <iterator>

namespace muster::advice {

namespace {

constexpr double kWorthRewriting = 0.3;         // share of a table that is wasted
constexpr double kLeastWasted = 64.0 * 1024 * 1024; // B
constexpr QChar kSplit(0x1f);

QString tr(const char *text)
{
    return QCoreApplication::translate("Advice", text);
}

// A long table is data. %1 is the index, %2 the table, %3 the twin.
struct Kind {
    const char *name;
    CheckStatus status;
    const char *meaning;
    const char *remedy;
    const char *statement;
};

constexpr Kind kKinds[] = {
    {"invalid", CheckStatus::Fail, QT_TRANSLATE_NOOP("Advice", "A CREATE INDEX CONCURRENTLY that failed left it behind: every write maintains it and no query uses it."),
     QT_TRANSLATE_NOOP("Advice", "Build it again, or drop it."), "REINDEX INDEX CONCURRENTLY %1;"},
    {"vacuum kept away", CheckStatus::Fail, QT_TRANSLATE_NOOP("Advice", "A session has held a lock for a minute or longer that VACUUM has to wait for; dead rows pile up meanwhile."),
     QT_TRANSLATE_NOOP("Advice", "End that session's transaction; autovacuum comes by itself then."), ""},
    {"duplicate", CheckStatus::Warn, QT_TRANSLATE_NOOP("Advice", "It repeats another index of the same table: every write pays twice."),
     QT_TRANSLATE_NOOP("Advice", "Drop this one; the other serves the same queries."), "DROP INDEX CONCURRENTLY %1;"},
    {"dead rows", CheckStatus::Warn, QT_TRANSLATE_NOOP("Advice", "Dead rows slow every scan of the table down."),
     QT_TRANSLATE_NOOP("Advice", "Look at the tab “Xmin” first: what they are still visible to cannot be removed. Then:"), "VACUUM (VERBOSE, ANALYZE) %2;"},
    {"vacuum overdue", CheckStatus::Warn, QT_TRANSLATE_NOOP("Advice", "Past its own threshold, and nothing vacuumed it for a day."),
     QT_TRANSLATE_NOOP("Advice", "Vacuum it now, and see why autovacuum does not come (workers, cost limits, locks)."), "VACUUM (VERBOSE, ANALYZE) %2;"},
    {"bloat", CheckStatus::Warn, QT_TRANSLATE_NOOP("Advice", "An estimate from the planner's statistics: so much of the table is empty space that VACUUM keeps for new rows."),
     QT_TRANSLATE_NOOP("Advice", "Only a rewrite gives it back. VACUUM FULL locks the table until it is done; pg_repack does not."), "pg_repack --table=%2"},
    {"autovacuum off", CheckStatus::Warn, QT_TRANSLATE_NOOP("Advice", "An option of the table keeps autovacuum away from it."),
     QT_TRANSLATE_NOOP("Advice", "Let autovacuum look after it again:"), "ALTER TABLE %2 RESET (autovacuum_enabled);"},
    {"unused", CheckStatus::Unknown, QT_TRANSLATE_NOOP("Advice", "Not read once in at least 35 days of counting here. Reads on a standby are counted there."),
     QT_TRANSLATE_NOOP("Advice", "Look on every standby, and think of what runs once a quarter. Then:"), "DROP INDEX CONCURRENTLY %1;"},
    {"prefix", CheckStatus::Unknown, QT_TRANSLATE_NOOP("Advice", "Another index begins with the same columns and can serve the same queries, a little slower."),
     QT_TRANSLATE_NOOP("Advice", "Compare the plans of the queries that use it. Then:"), "DROP INDEX CONCURRENTLY %1;"},
    {"read in full", CheckStatus::Unknown, QT_TRANSLATE_NOOP("Advice", "A large table that is mostly read from end to end: a filter has no index."),
     QT_TRANSLATE_NOOP("Advice", "Find its statements in the tab “Queries”, EXPLAIN them, index what they filter by."), ""},
};

const Kind *kindOf(const std::string &name)
{
    const auto found = std::ranges::find(kKinds, std::string_view(name), [](const Kind &kind) { return std::string_view(kind.name); });
    return found == std::end(kKinds) ? nullptr : found;
}

// "public.orders" → schema and name; a schema with a dot in its name is not told from one without.
QString qualified(const QString &table)
{
    const qsizetype dot = table.indexOf(QLatin1Char('.'));
    return dot < 0 ? quoted(table) : quoted(table.left(dot)) % QLatin1Char('.') % quoted(table.mid(dot + 1));
}

struct Item {
    std::string kind;
    const Table *table = nullptr;
    std::size_t row = 0;

    [[nodiscard]] QString text(const char *column) const { return text::label(table->text(row, column), 160); }
    [[nodiscard]] QString object() const { return text("index").isEmpty() ? text("table") : text("index"); }
    [[nodiscard]] QString key() const { return QString::fromStdString(kind) % kSplit % text("table") % kSplit % text("index") % kSplit % text("note"); }
    [[nodiscard]] QString note() const;
    [[nodiscard]] QString statement(const char *shape) const;
};

QString Item::note() const
{
    if (const QString twin = text("twin"); !twin.isEmpty())
        return kind == "prefix" ? tr("a part of %1, on %2").arg(twin, text("table")) : tr("like %1, on %2").arg(twin, text("table"));
    if (!text("index").isEmpty())
        return tr("on %1").arg(text("table"));
    if (kind == "bloat")
        return tr("%1 wasted").arg(QString::fromStdString(format::size(table->number(row, "wasted").value_or(0))));
    const auto count = table->number(row, "number");
    QString note = text("note");
    if (count && (kind == "dead rows" || kind == "vacuum overdue"))
        note = (*count == 1 ? tr("1 dead row") : tr("%1 dead rows").arg(QString::fromStdString(format::number(*count, 0)))) % (note.isEmpty() ? QString() : QStringLiteral(" · ") % note);
    if (count && kind == "read in full")
        note = tr("%1 rows each").arg(QString::fromStdString(format::number(*count, 0))) % QStringLiteral(" · ") % note;
    return note;
}

QString Item::statement(const char *shape) const
{
    const QString of = text("table");
    const qsizetype dot = of.indexOf(QLatin1Char('.'));
    const QString index = (dot < 0 ? QString() : quoted(of.left(dot)) % QLatin1Char('.')) % quoted(text("index")); // an index lives in its table's schema
    return QString::fromUtf8(shape).replace(QLatin1String("%1"), index).replace(QLatin1String("%2"), qualified(of));
}

std::vector<Item> itemsOf(const Tables &tables)
{
    std::vector<Item> items;
    for (const Table *table : {tables.indexes, tables.tables}) {
        for (std::size_t row = 0; table && row < table->rows.size(); ++row)
            items.push_back({table->text(row, "kind"), table, row});
    }
    for (std::size_t row = 0; tables.bloat && row < tables.bloat->rows.size(); ++row) {
        if (tables.bloat->number(row, "share").value_or(0) >= kWorthRewriting && tables.bloat->number(row, "wasted").value_or(0) >= kLeastWasted)
            items.push_back({"bloat", tables.bloat, row});
    }
    const auto rank = [](const Item &item) { return kindOf(item.kind) ? kindOf(item.kind) - kKinds : std::ssize(kKinds); };
    std::ranges::stable_sort(items, {}, rank);
    return items;
}

RowCell numberCell(std::optional<double> number, const char *unit)
{
    return {number ? QString::fromStdString(format::value(*number, unit)) : QStringLiteral("–"), number.value_or(-1), {}, !number, false};
}

// "pid 4711 (shop, idle in transaction)", "by pid 4711 (shop, active)"
qint64 pidIn(const QString &text)
{
    static const QRegularExpression kPid(QStringLiteral("\\bpid (\\d{1,10})\\b"));
    return kPid.match(text).captured(1).toLongLong();
}

// What is in brackets changes with the session's state.
QString holderKey(const Table &holders, std::size_t row)
{
    return QString::fromStdString(holders.text(row, "kind")) % kSplit % text::label(holders.text(row, "name"), 160).section(QStringLiteral(" ("), 0, 0);
}

QString progressKey(const Table &progress, std::size_t row)
{
    return QString::number(qint64(progress.number(row, "pid").value_or(0))) % kSplit % text::label(progress.text(row, "command"), 80);
}

std::optional<std::size_t> find(const Table &table, const QString &key, QString (*keyOf)(const Table &, std::size_t))
{
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        if (keyOf(table, row) == key)
            return row;
    }
    return std::nullopt;
}

// A long table is data.
struct Remedy {
    const char *kind;
    const char *words;
};

constexpr Remedy kHolderRemedies[] = {
    {"session", QT_TRANSLATE_NOOP("Advice", "Rows that died since its transaction began stay until it ends. Ask its owner to commit; else terminate it.")},
    {"prepared transaction", QT_TRANSLATE_NOOP("Advice", "It holds rows and locks until somebody decides. Ask the transaction manager; then COMMIT PREPARED or ROLLBACK PREPARED with its name.")},
    {"slot", QT_TRANSLATE_NOOP("Advice", "A consumer that does not come back keeps rows and WAL for ever. If it is not coming back: SELECT pg_drop_replication_slot('its name');")},
    {"standby", QT_TRANSLATE_NOOP("Advice", "A query on the standby needs these rows (hot_standby_feedback is on). End that query on the standby.")},
};

QString amount(double number, const std::string &unit)
{
    return QString::fromStdString(unit == "B" ? format::size(number) : format::number(number, 0) + (unit.empty() ? "" : " " + unit));
}

QString doneOf(const Table &progress, std::size_t row)
{
    const auto done = progress.number(row, "done");
    const auto total = progress.number(row, "total");
    if (!done)
        return QStringLiteral("–");
    const std::string unit = text::plain(progress.text(row, "unit"), 24);
    return total && *total > 0 ? tr("%1 of %2").arg(amount(*done, unit), amount(*total, unit)) : amount(*done, unit);
}

} // namespace

QString quoted(const QString &identifier)
{
    static const QRegularExpression kPlain(QStringLiteral("\\A[a-z_][a-z0-9_$]*\\z"));
    return kPlain.match(identifier).hasMatch() ? identifier : QLatin1Char('"') % QString(identifier).replace(QLatin1Char('"'), QStringLiteral("\"\"")) % QLatin1Char('"');
}

std::vector<RowColumn> columns()
{
    return {{QString(), ColumnKind::Status, 32}, {tr("What"), ColumnKind::Text, -150}, {tr("Index or table"), ColumnKind::Text, -240}, {tr("Size"), ColumnKind::Number, -90},
            {tr("Note"), ColumnKind::Text, 0}};
}

std::vector<Row> rows(const Tables &tables)
{
    std::vector<Row> rows;
    for (const Item &item : itemsOf(tables)) {
        const Kind *kind = kindOf(item.kind);
        const CheckStatus status = kind ? kind->status : CheckStatus::Unknown;
        const QVariant icon = status == CheckStatus::Unknown ? QVariant(QStringLiteral("search")) : QVariant();
        const QString word = status == CheckStatus::Fail ? tr("act") : status == CheckStatus::Warn ? tr("soon") : tr("look");
        rows.push_back({item.key(),
                        {{word, severityRank(status), icon, false, false}, {text::label(item.kind, 40), {}, {}, false, false}, {item.object(), {}, {}, false, true},
                         numberCell(item.table->number(item.row, "size"), "B"), {item.note(), {}, {}, true, false}},
                        status, kind ? tr(kind->meaning) : QString()});
    }
    return rows;
}

Detail detailOf(const Tables &tables, const QString &key, const std::string &instance)
{
    Detail detail;
    const std::vector<Item> items = itemsOf(tables);
    const auto found = std::ranges::find(items, key, &Item::key);
    if (found == items.end())
        return detail;
    const Kind *kind = kindOf(found->kind);
    detail.status = kind ? kind->status : CheckStatus::Unknown;
    detail.title = found->object();
    detail.subtitle = text::label(found->kind, 40);
    detail.lines = facts::linesOf(*found->table, found->row, {"kind"});
    if (!kind)
        return detail;
    detail.evidence = tr(kind->meaning);
    detail.remedy = tr(kind->remedy);
    if (*kind->statement)
        detail.raw = found->statement(kind->statement);
    if (found->kind == "vacuum kept away")
        detail.steps = sessions::stepsOf(pidIn(found->text("note")), tables.sessions, instance);
    return detail;
}

std::vector<RowColumn> holderColumns()
{
    return {{QString(), ColumnKind::Status, 32}, {tr("Kind"), ColumnKind::Text, -160}, {tr("Who"), ColumnKind::Text, -300}, {tr("Transactions since"), ColumnKind::Number, -140}, {tr("For"), ColumnKind::Number, -80},
            {tr("Detail"), ColumnKind::Text, 0}};
}

std::vector<Row> holderRows(const Table &holders)
{
    std::vector<Row> rows;
    for (std::size_t row = 0; row < holders.rows.size(); ++row) {
        const QString detail = text::label(holders.text(row, "detail"));
        const bool isOldest = row == 0;
        rows.push_back({holderKey(holders, row),
                        {{isOldest ? tr("oldest") : QString(), double(row), {}, false, false}, {text::label(holders.text(row, "kind"), 40), {}, {}, false, false},
                         {text::label(holders.text(row, "name"), 160), {}, {}, false, isOldest}, numberCell(holders.number(row, "xids"), "count"), numberCell(holders.number(row, "age"), "s"),
                         {detail, {}, {}, true, false}},
                        isOldest ? std::optional(CheckStatus::Warn) : std::nullopt, detail});
    }
    return rows;
}

Detail holderDetail(const Table &holders, const QString &key, const Table *sessions, const std::string &instance)
{
    Detail detail;
    const auto row = find(holders, key, &holderKey);
    if (!row)
        return detail;
    const std::string kind = holders.text(*row, "kind");
    detail.title = text::label(holders.text(*row, "name"), 160);
    detail.subtitle = *row == 0 ? tr("%1: the oldest of all that keep dead rows").arg(text::label(kind, 40)) : text::label(kind, 40);
    detail.lines = facts::linesOf(holders, *row, {"kind", "name", "detail"});
    detail.raw = QString::fromStdString(text::block(holders.text(*row, "detail")));
    const auto remedy = std::ranges::find(kHolderRemedies, std::string_view(kind), [](const Remedy &each) { return std::string_view(each.kind); });
    if (remedy != std::end(kHolderRemedies))
        detail.remedy = tr(remedy->words);
    if (kind == "session")
        detail.steps = sessions::stepsOf(pidIn(detail.title), sessions, instance);
    return detail;
}

std::vector<RowColumn> progressColumns()
{
    return {{tr("Command"), ColumnKind::Text, -170}, {tr("On"), ColumnKind::Text, -220}, {tr("Phase"), ColumnKind::Text, 0}, {tr("Share"), ColumnKind::Number, -80}, {tr("Done"), ColumnKind::Number, -220},
            {tr("For"), ColumnKind::Number, -80}};
}

std::vector<Row> progressRows(const Table &progress)
{
    std::vector<Row> rows;
    for (std::size_t row = 0; row < progress.rows.size(); ++row) {
        const auto label = [&progress, row](const char *column) { return text::label(progress.text(row, column), 120); };
        const QString on = label("relation").isEmpty() ? label("database") : label("relation");
        rows.push_back({progressKey(progress, row),
                        {{label("command"), {}, {}, false, true}, {on, {}, {}, false, false}, {label("phase"), {}, {}, false, false}, numberCell(progress.number(row, "share"), "ratio"),
                         {doneOf(progress, row), progress.number(row, "done").value_or(-1), {}, true, false}, numberCell(progress.number(row, "age"), "s")},
                        std::nullopt, {}});
    }
    return rows;
}

Detail progressDetail(const Table &progress, const QString &key, const Table *sessions, const std::string &instance)
{
    Detail detail;
    const auto row = find(progress, key, &progressKey);
    if (!row)
        return detail;
    detail.title = text::label(progress.text(*row, "command"), 120);
    detail.subtitle = text::label(progress.text(*row, "relation"), 160);
    detail.lines = facts::linesOf(progress, *row, {"command", "done", "total", "unit"});
    detail.lines.push_back({tr("Done"), doneOf(progress, *row), {}});
    if (progress.number(*row, "total").value_or(0) <= 0)
        detail.evidence = tr("The server does not say how much there is to do.");
    detail.steps = sessions::stepsOf(qint64(progress.number(*row, "pid").value_or(0)), sessions, instance);
    return detail;
}

} // namespace muster::advice
