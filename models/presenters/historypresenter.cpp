// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/historypresenter.h"

#include "models/format/format.h"
#include "models/format/text.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>

namespace muster::past {

namespace {

constexpr std::size_t kPoints = 400;
constexpr std::size_t kMostDrops = 200;
constexpr std::size_t kMostEvents = 300;
constexpr double kVisible = 0.05;       // points of the score: a bucket that moved less is one point
constexpr qint64 kDay = 86'400'000;     // ms
constexpr qint64 kUnwatched = 120'000;  // ms between two looks: longer, and the moment of a drop is not known
constexpr int kShortShare = 20;         // the record misses more than a twentieth of the span

QString tr(const char *text)
{
    return QCoreApplication::translate("HistoryPresenter", text);
}

QString q(const std::string &text)
{
    return QString::fromStdString(text);
}

qint64 millis(WallTime at)
{
    return at.time_since_epoch().count();
}

// A bucket that moved gives its greatest and its least, so that a short dip is seen in a year.
std::vector<SeriesPoint> pointsOf(const std::vector<HistoryPoint> &buckets)
{
    std::vector<SeriesPoint> points;
    for (const HistoryPoint &bucket : buckets) {
        const qint64 at = millis(bucket.at);
        if (bucket.max - bucket.min < kVisible) {
            points.push_back({at, bucket.value});
            continue;
        }
        const bool endsLow = bucket.last - bucket.min < bucket.max - bucket.last;
        points.push_back({at, endsLow ? bucket.max : bucket.min});
        points.push_back({at + 1, endsLow ? bucket.min : bucket.max});
    }
    return points;
}

QString titleOf(const std::string &id, const Assessment &assessment)
{
    if (const CheckResult *check = assessment.check(id))
        return text::label(check->title, 80);
    if (id.starts_with("gate:")) {
        const auto gate = std::ranges::find(assessment.gates, id.substr(5), &GateResult::id);
        return tr("gate “%1”").arg(text::label(gate == assessment.gates.end() ? id.substr(5) : gate->title, 80));
    }
    return text::label(id, 80);
}

QString signedPoints(double points)
{
    QString text = QString::number(points, 'f', 2);
    return points < 0 ? text.replace(QLatin1Char('-'), QChar(0x2212)) : text.prepend(QLatin1Char('+'));
}

// "HTTPS enforced −1.00, gate “HTTPS is not enforced”"
QString causesText(const HistoryDrop &drop, const Assessment &assessment)
{
    QStringList causes;
    for (const HistoryEvent &cause : drop.causes)
        causes << titleOf(cause.check, assessment) % (cause.change < 0 ? QLatin1Char(' ') % signedPoints(cause.change) : QString());
    return causes.isEmpty() ? tr("not known: no check changed its state then") : causes.join(QStringLiteral(", "));
}

QString stateText(const HistoryState &state)
{
    return q(format::score(state.score)) % QLatin1Char(' ') % q(format::verdict(state.verdict));
}

QString tipOf(const HistoryDrop &drop, const Assessment &assessment)
{
    QStringList lines{q(format::utcAndLocal(drop.at)), tr("%1 → %2").arg(stateText(drop.before), stateText(drop.after))};
    if (millis(drop.at) - millis(drop.lastSeen) > kUnwatched)
        lines << tr("Nobody watched from %1 on: it fell in between.").arg(q(format::utc(drop.lastSeen)));
    for (const HistoryEvent &cause : drop.causes)
        lines << titleOf(cause.check, assessment) % QStringLiteral(": ") % text::label(cause.evidence, 160);
    return lines.join(QLatin1Char('\n'));
}

} // namespace

Reading read(const HistoryStore &store, const std::vector<std::string> &components, qint64 from, qint64 to)
{
    Reading reading;
    reading.from = from;
    reading.to = to;
    const WallTime begin{Millis(from)};
    const WallTime end{Millis(to)};
    const auto take = [&reading](auto &&result, auto &place, auto &&convert) {
        if (result)
            place = convert(*result);
        else if (!reading.fault)
            reading.fault = result.error();
    };
    const auto same = [](auto &each) { return std::move(each); };
    take(store.read("score.low", begin, end, kPoints), reading.low, pointsOf);
    take(store.read("score.high", begin, end, kPoints), reading.high, pointsOf);
    for (const std::string &id : components)
        take(store.read("component." + id + ".low", begin, end, kPoints), reading.components.emplace_back(id, std::vector<SeriesPoint>{}).second, pointsOf);
    take(store.drops(begin, end, kMostDrops), reading.drops, same);
    take(store.events(begin, end, kMostEvents), reading.events, same);
    reading.notice = store.notice();
    return reading;
}

QString spanText(qint64 span)
{
    constexpr qint64 kYear = 365 * kDay;
    return span >= kYear ? tr("%1 y").arg(span / kYear) : span >= 2 * kDay ? tr("%1 d").arg(span / kDay) : tr("%1 h").arg(span / 3'600'000);
}

QString note(const Reading &reading)
{
    QStringList sentences;
    if (reading.fault)
        sentences << tr("The history cannot be read: %1. %2").arg(text::label(reading.fault->detail), text::label(reading.fault->hint)).trimmed();
    if (!reading.notice.empty())
        sentences << text::label(reading.notice, 400);
    const qint64 span = reading.to - reading.from;
    if (!reading.fault && reading.low.empty())
        sentences << tr("Nothing was recorded in these %1: the window writes the score while it is open.").arg(spanText(span));
    else if (!reading.low.empty() && (reading.low.front().at - reading.from) * kShortShare > span)
        sentences << tr("The record begins %1, %2 ago.").arg(q(format::utc(WallTime(Millis(reading.low.front().at)))), q(format::age(Millis(reading.to - reading.low.front().at))));
    return sentences.join(QLatin1Char(' '));
}

std::vector<RowColumn> dropColumns()
{
    return {{tr("When"), ColumnKind::Text, -190}, {tr("From"), ColumnKind::Number, 72}, {tr("To"), ColumnKind::Number, 72}, {tr("Change"), ColumnKind::Number, 88}, {tr("Because of"), ColumnKind::Text, 0}};
}

std::vector<Row> dropRows(const std::vector<HistoryDrop> &drops, const Assessment &assessment)
{
    std::vector<Row> rows;
    for (const HistoryDrop &drop : drops) {
        const double change = drop.after.score.low - drop.before.score.low;
        const CheckStatus status = drop.after.verdict != drop.before.verdict ? CheckStatus::Fail : CheckStatus::Warn;
        rows.push_back({QStringLiteral("drop:%1").arg(millis(drop.at)),
                        {{q(format::utc(drop.at)), millis(drop.at), {}, true, false}, {q(format::score(drop.before.score)), drop.before.score.low, {}, true, false},
                         {q(format::score(drop.after.score)), drop.after.score.low, {}, false, false}, {signedPoints(change), change, {}, false, true},
                         {causesText(drop, assessment), {}, {}, false, false}},
                        status, tipOf(drop, assessment)});
    }
    std::ranges::reverse(rows);
    return rows;
}

QString dropSummary(const Reading &reading)
{
    const QString span = spanText(reading.to - reading.from);
    if (reading.fault)
        return tr("Whether the score dropped is not known");
    if (reading.drops.empty())
        return tr("The score did not drop in %1").arg(span);
    return reading.drops.size() == 1 ? tr("1 drop in %1").arg(span) : tr("%1 drops in %2").arg(reading.drops.size()).arg(span);
}

const HistoryDrop *dropOf(const std::vector<HistoryDrop> &drops, const QString &key)
{
    const auto found = std::ranges::find_if(drops, [&key](const HistoryDrop &drop) { return key == QStringLiteral("drop:%1").arg(millis(drop.at)); });
    return found == drops.end() ? nullptr : &*found;
}

QString causeOf(const HistoryDrop &drop)
{
    return drop.causes.empty() ? QString() : q(drop.causes.front().check);
}

std::vector<RowColumn> eventColumns()
{
    return {{tr("When"), ColumnKind::Text, -190}, {tr("Check"), ColumnKind::Text, -236}, {tr("From"), ColumnKind::Text, 80}, {tr("To"), ColumnKind::Text, 80}, {tr("Evidence"), ColumnKind::Text, 0}};
}

std::vector<Row> eventRows(const std::vector<HistoryEvent> &events, const Assessment &assessment)
{
    std::vector<Row> rows;
    for (const HistoryEvent &event : events) {
        rows.push_back({QString::number(millis(event.at)) % QLatin1Char('/') % q(event.check),
                        {{q(format::utc(event.at)), millis(event.at), {}, true, false}, {titleOf(event.check, assessment), {}, {}, false, true}, {text::label(event.from), {}, {}, true, false},
                         {text::label(event.to), {}, {}, false, false}, {text::label(event.evidence), {}, {}, true, false}},
                        std::nullopt, q(format::utcAndLocal(event.at)) % QLatin1Char('\n') % text::label(event.evidence)});
    }
    std::ranges::reverse(rows);
    return rows;
}

} // namespace muster::past
