// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/waiver.h"

#include "models/format/text.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

namespace muster::waiver {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("Waiver", text);
}

QString quoted(const QString &text)
{
    const QByteArray array = QJsonDocument(QJsonArray{text}).toJson(QJsonDocument::Compact);
    return QString::fromUtf8(array.mid(1, array.size() - 2));
}

QDate dayOf(std::chrono::sys_days day)
{
    return QDate(1970, 1, 1).addDays(day.time_since_epoch().count());
}

std::chrono::sys_days dayOf(const QDate &day)
{
    return std::chrono::sys_days(std::chrono::days(QDate(1970, 1, 1).daysTo(day)));
}

qint64 daysLeft(const readiness::Waiver &waiver, WallTime now)
{
    return (waiver.until - std::chrono::floor<std::chrono::days>(now)).count();
}

void checkText(std::vector<Problem> &problems, Field field, const QString &text, const QString &name, const QString &wanted)
{
    const bool hasControl = std::ranges::any_of(text, [](QChar c) { return c.category() == QChar::Other_Control || c == QChar::LineSeparator || c == QChar::ParagraphSeparator; });
    if (text.trimmed().isEmpty())
        problems.push_back({field, tr("%1 is missing: %2.").arg(name, wanted)});
    else if (text.trimmed().size() > kMostLength)
        problems.push_back({field, tr("%1 has %2 characters; %3 is the most.").arg(name).arg(text.trimmed().size()).arg(kMostLength)});
    else if (hasControl)
        problems.push_back({field, tr("%1 holds a line break or another control character.").arg(name)});
}

} // namespace

std::vector<Problem> problems(const Draft &draft, const Profile &profile, const QDate &today)
{
    std::vector<Problem> problems;
    if (draft.check.isEmpty())
        problems.push_back({Field::Check, tr("Choose the check that is to be waived.")});
    else if (std::ranges::find(profile.checks, draft.check.toStdString(), &CheckSpec::id) == profile.checks.end())
        problems.push_back({Field::Check, tr("The profile has no check “%1”.").arg(text::label(draft.check.toStdString(), 80))});
    checkText(problems, Field::Owner, draft.owner, tr("Owner"), tr("who answers for it"));
    checkText(problems, Field::Reason, draft.reason, tr("Reason"), tr("why it is acceptable until then"));
    if (!draft.until.isValid())
        problems.push_back({Field::Until, tr("Last day is no day of the calendar; write it as 2027-03-31.")});
    else if (draft.until < today)
        problems.push_back({Field::Until, tr("Last day %1 lies in the past; today is %2 UTC.").arg(draft.until.toString(Qt::ISODate), today.toString(Qt::ISODate))});
    return problems;
}

readiness::Waiver toWaiver(const Draft &draft)
{
    return {draft.check.toStdString(), draft.owner.trimmed().toStdString(), draft.reason.trimmed().toStdString(), dayOf(draft.until)};
}

Draft draftOf(const readiness::Waiver &waiver)
{
    return {QString::fromStdString(waiver.check), QString::fromStdString(waiver.owner), QString::fromStdString(waiver.reason), dayOf(waiver.until)};
}

const readiness::Waiver *find(const std::vector<readiness::Waiver> &waivers, const std::string &check)
{
    const auto found = std::find_if(waivers.rbegin(), waivers.rend(), [&](const readiness::Waiver &waiver) { return waiver.check == check; });
    return found == waivers.rend() ? nullptr : &*found;
}

bool isEnded(const readiness::Waiver &waiver, WallTime now)
{
    return daysLeft(waiver, now) < 0;
}

QString endText(const readiness::Waiver &waiver, WallTime now)
{
    const qint64 left = daysLeft(waiver, now);
    return left < 0 ? tr("ended %1 d ago: void").arg(-left) : left == 0 ? tr("ends today") : tr("%1 d left").arg(left);
}

std::vector<RowColumn> columns()
{
    return {{QString(), ColumnKind::Status, 32}, {tr("Check"), ColumnKind::Text, -220}, {tr("Owner"), ColumnKind::Text, -120},
            {tr("Reason"), ColumnKind::Text, 0}, {tr("Last day"), ColumnKind::Text, 96}, {tr("State"), ColumnKind::Text, -200}};
}

std::vector<Row> rows(const std::vector<readiness::Waiver> &waivers, const Assessment &assessment)
{
    std::vector<Row> rows;
    std::vector<readiness::Waiver> sorted = waivers;
    std::ranges::stable_sort(sorted, {}, &readiness::Waiver::until);
    for (const readiness::Waiver &waiver : sorted) {
        const CheckResult *check = assessment.check(waiver.check);
        const bool isVoid = isEnded(waiver, assessment.at);
        const QString id = QString::fromStdString(waiver.check);
        const auto before = std::ranges::count_if(rows, [&](const Row &row) { return row.key.section(QLatin1Char('#'), 0, 0) == id; });
        const CheckStatus status = isVoid ? CheckStatus::Warn : CheckStatus::Waived;
        rows.push_back({before == 0 ? id : id % QLatin1Char('#') % QString::number(before + 1),
                        {{QString(), severityRank(status), int(status), false, false}, {text::label(check ? check->title : waiver.check), {}, {}, false, true},
                         {text::label(waiver.owner), {}, {}, false, false}, {text::label(waiver.reason), {}, {}, true, false},
                         {dayOf(waiver.until).toString(Qt::ISODate), {}, {}, true, false}, {endText(waiver, assessment.at), daysLeft(waiver, assessment.at), {}, false, isVoid}},
                        status, text::label(waiver.reason)});
    }
    return rows;
}

QString summary(const std::vector<readiness::Waiver> &waivers, WallTime now)
{
    const auto ended = std::ranges::count_if(waivers, [now](const readiness::Waiver &waiver) { return isEnded(waiver, now); });
    const auto held = qsizetype(waivers.size()) - ended;
    if (waivers.empty())
        return tr("Nothing is waived");
    const QString holding = held == 1 ? tr("1 waiver holds") : tr("%1 waivers hold").arg(held);
    return ended == 0 ? holding : ended == 1 ? tr("%1, 1 has ended and is void").arg(holding) : tr("%1, %2 have ended and are void").arg(holding).arg(ended);
}

QString snippet(const Draft &draft)
{
    return QStringLiteral("\"waivers\": [ { \"check\": %1, \"owner\": %2,\n               \"reason\": %3, \"until\": %4 } ]")
        .arg(quoted(draft.check), quoted(draft.owner), quoted(draft.reason), quoted(draft.until.toString(Qt::ISODate)));
}

} // namespace muster::waiver
