// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/musterctl/commands.h"
#include "app/report/csv.h"
#include "app/wiring/hardening.h"
#include "app/wiring/wiring.h"
#include "models/format/format.h"
#include "models/format/text.h"

#include <QCoreApplication>

#include <algorithm>
#include <thread>

namespace muster::ctl {

namespace {

constexpr Millis kDoctorBudget{10000};

std::string diagnosis(const std::string &id, const std::vector<DoctorStage> &stages)
{
    std::string text = id + "\n";
    for (const auto &stage : stages) {
        auto name = stage.name;
        name.resize(std::max<std::size_t>(name.size(), 12), ' ');
        text += std::string("  ") + (stage.isGood ? "ok    " : "FAIL  ") + name + " " + format::duration(toSeconds(stage.took)) + "  " + text::plain(stage.detail, 400) + "\n";
        if (!stage.isGood && !stage.hint.empty())
            text += "                     → " + text::plain(stage.hint, 600) + "\n";
    }
    return text;
}

} // namespace

int runCheck(const Options &options)
{
    auto session = openSession(options);
    if (!session)
        return session.error();
    if (!sample(**session, options))
        return kCouldNotJudge;
    const auto assessment = (*session)->assessment();
    print(report::render(options.format, {(*session)->environment(), *(*session)->snapshot(), *assessment, &(*session)->profile()}, hasColour()));
    (*session)->stop();
    return static_cast<int>(assessment->verdict);
}

int runFacts(const Options &options)
{
    auto session = openSession(options);
    if (!session)
        return session.error();
    if (!sample(**session, options))
        return kCouldNotJudge;
    const auto snapshot = (*session)->snapshot();
    if (options.format == report::Format::Csv)
        print(report::factsToCsv(*snapshot, options.arguments));
    else
        print(options.format == report::Format::Json ? report::factsToJson(*snapshot, options.arguments) : report::factsToTable(*snapshot, options.arguments));
    (*session)->stop();
    return kDone;
}

int runWatch(const Options &options)
{
    auto opened = openSession(options);
    if (!opened)
        return opened.error();
    auto &session = **opened;
    const auto ids = session.poller().sourceIds();
    session.poller().subscribe({ids.begin(), ids.end()});
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, &session, [&session] {
        // On a terminal the table is drawn in place; in a pipe one follows the other.
        print((hasColour() ? "\033[H\033[2J" : "") + report::toTable({session.environment(), *session.snapshot(), *session.assessment()}, hasColour()));
    });
    wiring::onInterrupt(&session, [] { QCoreApplication::quit(); });
    timer.start(options.interval);
    session.start();
    QCoreApplication::exec();
    session.stop();
    return kDone;
}

int runDoctor(const Options &options)
{
    auto environment = loadEnvironment(options);
    if (!environment)
        return environment.error();
    const auto sources = wiring::makeSources(*environment);
    std::vector<std::vector<DoctorStage>> diagnoses(sources.size());
    const auto diagnoseAll = [&](std::stop_token stop) {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < sources.size(); ++i)
            threads.emplace_back([&, i] { diagnoses[i] = sources[i]->diagnose(Deadline::after(kDoctorBudget), stop); });
    };
    runInterruptibly(diagnoseAll, [&] { std::ranges::for_each(sources, [](const auto &source) { source->interrupt(); }); });
    bool isAllGood = true;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        isAllGood = isAllGood && std::ranges::all_of(diagnoses[i], &DoctorStage::isGood);
        print(diagnosis(sources[i]->id(), diagnoses[i]));
    }
    return isAllGood ? kDone : kFailed;
}

} // namespace muster::ctl
