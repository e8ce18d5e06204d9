// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/palettesearch.h"

#include "models/format/text.h"
#include "models/presenters/factpresenter.h"
#include "models/presenters/readinesspresenter.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <utility>

namespace muster::palette {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("Palette", text);
}

// Less is better; negative: no match.
int rank(const Entry &entry, const QStringList &words)
{
    int rank = 0;
    for (const QString &word : words) {
        const qsizetype at = entry.title.indexOf(word, 0, Qt::CaseInsensitive);
        if (at < 0 && !entry.kind.contains(word, Qt::CaseInsensitive))
            return -1;
        const bool isStart = at == 0 || (at > 0 && !entry.title[at - 1].isLetterOrNumber());
        rank += at == 0 ? 0 : isStart ? 10 : at > 0 ? 50 : 80;
    }
    const int kindRank = entry.key.startsWith(QLatin1String("fact:")) ? 5 : entry.key.startsWith(QLatin1String("check:")) ? 3 : 0;
    return rank * 10 + kindRank;
}

} // namespace

std::vector<Entry> entries(const Assessment &assessment, const Snapshot &snapshot)
{
    std::vector<Entry> entries;
    for (const CheckResult &check : assessment.checks)
        entries.push_back({QStringLiteral("check:") % QString::fromStdString(check.id), tr("check"), text::label(check.title), readiness::statusWord(check.status)});
    for (const auto &[source, facts] : snapshot.facts) {
        for (const auto &[name, observed] : facts) {
            const QString key = QStringLiteral("fact:") % QString::fromStdString(source) % QLatin1Char('\x1f') % QString::fromStdString(name);
            entries.push_back({key, tr("fact"), text::label(name) % QStringLiteral(" · ") % text::label(source), facts::show(&observed).text});
        }
    }
    return entries;
}

std::vector<Entry> search(const std::vector<Entry> &entries, const QString &query, std::size_t limit)
{
    const QStringList words = query.simplified().left(120).split(QLatin1Char(' '), Qt::SkipEmptyParts);
    std::vector<std::pair<int, const Entry *>> found;
    for (const Entry &entry : entries) {
        if (const int value = rank(entry, words); value >= 0)
            found.emplace_back(value, &entry);
    }
    if (!words.isEmpty())
        std::ranges::stable_sort(found, {}, [](const auto &pair) { return std::pair(pair.first, pair.second->title.size()); });
    std::vector<Entry> result;
    for (std::size_t i = 0; i < found.size() && i < limit; ++i)
        result.push_back(*found[i].second);
    return result;
}

std::vector<RowColumn> columns()
{
    return {{tr("Kind"), ColumnKind::Text, 88}, {tr("What"), ColumnKind::Text, 0}, {QString(), ColumnKind::Text, 150}};
}

std::vector<Row> rows(const std::vector<Entry> &entries)
{
    std::vector<Row> rows;
    for (const Entry &entry : entries)
        rows.push_back({entry.key, {{entry.kind, {}, {}, true, false}, {entry.title, {}, {}, false, false}, {entry.hint, {}, {}, true, false}}, std::nullopt, {}});
    return rows;
}

} // namespace muster::palette
