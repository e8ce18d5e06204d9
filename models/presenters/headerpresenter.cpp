// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/presenters/headerpresenter.h"

#include "models/format/format.h"
#include "models/format/text.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace muster {

namespace {

constexpr int kMostGatesNamed = 3;

QString tr(const char *text)
{
    return QCoreApplication::translate("HeaderPresenter", text);
}

QString q(const std::string &text)
{
    return QString::fromStdString(text);
}

QString gateText(const Assessment &assessment)
{
    QStringList names;
    int count = 0;
    for (const GateResult &gate : assessment.gates) {
        if (gate.status != CheckStatus::Fail)
            continue;
        if (++count <= kMostGatesNamed)
            names << text::label(gate.title, 48);
    }
    if (count == 0)
        return tr("no gate fails");
    if (count > kMostGatesNamed)
        names << QStringLiteral("…");
    return (count == 1 ? tr("1 gate: %1") : tr("%1 gates: %2").arg(count)).arg(names.join(QStringLiteral(", ")));
}

} // namespace

HeaderText headerText(const EnvironmentInfo &environment, const Snapshot &snapshot, const Assessment &assessment)
{
    HeaderText header;
    header.kind = text::label(environment.kind, 24).toUpper();
    header.name = text::label(environment.name, 48);
    header.verdict = assessment.verdict;
    header.isMeasured = std::ranges::any_of(snapshot.sources, [](const SourceState &state) { return state.lastGood || state.fault; });
    if (!header.isMeasured) {
        header.verdictWord = snapshot.sources.empty() ? tr("NOTHING DECLARED") : tr("MEASURING");
        header.score = QStringLiteral("–");
        header.gates = snapshot.sources.empty() ? tr("the environment names no source") : tr("the first round is on its way");
        return header;
    }
    header.verdictWord = q(format::verdict(assessment.verdict));
    header.gates = gateText(assessment);
    header.score = q(format::score(assessment.score));
    header.measured = q(format::measured(assessment.measured));
    header.oldest = tr("oldest fact %1").arg(q(format::age(assessment.oldestAge)));
    return header;
}

std::vector<SourceAge> sourceAges(const Snapshot &snapshot)
{
    std::vector<SourceAge> ages;
    for (const SourceState &state : snapshot.sources) {
        SourceAge age;
        age.id = text::label(state.id, 60);
        if (state.fault) {
            age.status = CheckStatus::Fail;
            age.text = tr("%1 failed (%2)").arg(age.id, text::label(state.fault->stage, 20));
            age.tip = text::label(state.fault->detail) % QLatin1Char('\n') % text::label(state.fault->hint);
        } else if (state.lastGood) {
            age.status = CheckStatus::Pass;
            age.text = age.id % QLatin1Char(' ') % q(format::age(state.age));
            age.tip = tr("last answer %1").arg(q(format::utcAndLocal(state.lastGood->wall)));
        } else {
            age.text = tr("%1 not measured yet").arg(age.id);
        }
        ages.push_back(age);
    }
    // What fails must not be cut off where the strip is too short for all.
    std::ranges::stable_partition(ages, [](const SourceAge &age) { return age.status == CheckStatus::Fail; });
    return ages;
}

QString clockText(const Snapshot &snapshot)
{
    constexpr double kInStep = 5; // s, as the profile's warning
    std::optional<double> worst;
    for (const auto &[source, facts] : snapshot.facts) {
        for (const auto &[name, observed] : facts) {
            if (!name.ends_with(".clock_skew") || observed.isStale())
                continue;
            if (const double *skew = asNumber(observed.fact.value))
                worst = std::max(worst.value_or(0), std::abs(*skew));
        }
    }
    if (!worst)
        return {};
    const QString skew = QString::number(*worst, 'f', 1);
    return *worst <= kInStep ? tr("clock in step (±%1 s)").arg(skew) : tr("clocks differ by %1 s: check this machine first").arg(skew);
}

QString dropText(std::span<const SeriesPoint> points, double current)
{
    constexpr double kNotable = 0.1; // points of the score
    const SeriesPoint *best = nullptr;
    for (const SeriesPoint &point : points) {
        if (!std::isnan(point.value) && (!best || point.value >= best->value - kNotable / 2))
            best = &point;
    }
    if (!best || best->value <= current + kNotable)
        return {};
    return tr("was %1 until %2").arg(best->value, 0, 'f', 1).arg(q(format::utc(WallTime(Millis(best->at)))).mid(11, 5));
}

QString armText(bool isArmed, Millis left)
{
    if (!isArmed)
        return tr("Read-only · Arm…");
    const auto seconds = std::max<qint64>(0, std::chrono::duration_cast<std::chrono::seconds>(left).count());
    return tr("Armed %1:%2 · Disarm").arg(seconds / 60).arg(seconds % 60, 2, 10, QLatin1Char('0'));
}

} // namespace muster
