// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/tabs.h"

#include "models/format/format.h"
#include "models/format/text.h"
#include "models/presenters/factpresenter.h"

#include <QCoreApplication>
#include <QStringList>

namespace muster::tabs {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("Tabs", text);
}

std::vector<const char *> factsOf(const PageSpec::TableSpec &spec)
{
    std::vector<const char *> facts{spec.fact};
    facts.insert(facts.end(), spec.also.begin(), spec.also.end());
    return facts;
}

} // namespace

const Table *freshTable(const Snapshot &snapshot, const std::string &source, const char *fact)
{
    const Observed *observed = snapshot.find(source, fact);
    return observed && !observed->isStale() ? asTable(observed->fact.value) : nullptr;
}

Stamp stampOf(const PageSpec::TableSpec &spec, const Snapshot &snapshot, const std::string &source)
{
    Stamp stamp{source, {}};
    for (const char *fact : factsOf(spec)) {
        const Observed *observed = snapshot.find(source, fact);
        stamp.facts.emplace_back(observed ? observed->at : WallTime{}, observed && !observed->isStale());
    }
    return stamp;
}

bool isWanted(const PageSpec::TableSpec &spec, const Snapshot &snapshot, const std::string &source)
{
    if (!spec.isOptional)
        return true;
    const Observed *observed = snapshot.find(source, spec.fact);
    const Table *table = observed ? asTable(observed->fact.value) : nullptr;
    return observed && (table ? !table->rows.empty() : std::holds_alternative<Unknown>(observed->fact.value));
}

QString title(const PageSpec::TableSpec &spec, const Snapshot &snapshot, const std::string &source)
{
    const QString words = specText(spec.title);
    const Observed *observed = snapshot.find(source, spec.fact);
    if (observed && std::holds_alternative<Unknown>(observed->fact.value))
        return tr("%1 ?").arg(words);
    std::size_t count = 0;
    bool isTruncated = false;
    for (const char *fact : spec.counted) {
        const Table *table = freshTable(snapshot, source, fact);
        count += table ? table->rows.size() : 0;
        isTruncated = isTruncated || (table && table->isTruncated);
    }
    if (count == 0)
        return words;
    return words % QLatin1Char(' ') % QString::fromStdString(format::number(double(count), 0)) % (isTruncated ? QStringLiteral("+") : QString());
}

Note note(const PageSpec::TableSpec &spec, const Snapshot &snapshot, const std::string &source)
{
    Note note;
    QStringList sentences;
    bool isTruncated = false;
    for (const char *fact : factsOf(spec)) {
        const Observed *observed = snapshot.find(source, fact);
        if (const Table *table = freshTable(snapshot, source, fact)) {
            note.hasTable = true;
            note.rowCount += table->rows.size();
            isTruncated = isTruncated || table->isTruncated;
            continue;
        }
        const facts::Shown shown = facts::show(observed);
        const QString why = shown.why.isEmpty() ? shown.text : shown.text % QStringLiteral(": ") % shown.why;
        sentences << (spec.also.empty() ? why : facts::title(fact) % QStringLiteral(": ") % why);
        const auto *unknown = observed ? std::get_if<Unknown>(&observed->fact.value) : nullptr;
        if (unknown && note.hint.isEmpty())
            note.hint = text::label(unknown->hint, 1000);
    }
    if (note.hasTable && note.rowCount == 0)
        sentences.prepend(specText(spec.empty));
    if (isTruncated)
        sentences << tr("The first %1 rows; there are more.").arg(QString::fromStdString(format::number(double(note.rowCount), 0)));
    note.text = sentences.join(QLatin1Char('\n'));
    return note;
}

} // namespace muster::tabs
