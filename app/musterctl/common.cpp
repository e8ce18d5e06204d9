// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/musterctl/commands.h"
#include "app/musterctl/sampler.h"
#include "app/wiring/hardening.h"
#include "app/wiring/wiring.h"

#include <QCoreApplication>

#include <cstdio>
#include <cstdlib>
#include <thread>
#include <unistd.h>

namespace muster::ctl {

std::expected<environment::Environment, int> loadEnvironment(const Options &options)
{
    auto environment = environment::load(options.environment);
    if (environment)
        return std::move(*environment);
    message(environment::describe(environment.error(), options.environment));
    return std::unexpected(kCouldNotJudge);
}

std::expected<std::unique_ptr<Session>, int> openSession(const Options &options)
{
    auto environment = loadEnvironment(options);
    if (!environment)
        return std::unexpected(environment.error());
    auto parts = wiring::open(*environment, {options.profile, false});
    if (!parts) {
        message(environment::describe(parts.error(), environment->path));
        return std::unexpected(kCouldNotJudge);
    }
    return std::make_unique<Session>(std::move(*parts));
}

bool sample(Session &session, const Options &options)
{
    bool isInterrupted = false;
    Sampler sampler(session, options.watchFor);
    QObject::connect(&sampler, &Sampler::finished, qApp, &QCoreApplication::quit);
    wiring::onInterrupt(&sampler, [&isInterrupted] {
        isInterrupted = true;
        QCoreApplication::quit();
    });
    sampler.start();
    QCoreApplication::exec();
    if (isInterrupted)
        message("interrupted: not every source has answered, so nothing is judged\n");
    return !isInterrupted;
}

void runInterruptibly(const std::function<void(std::stop_token)> &work, const std::function<void()> &interrupt)
{
    QObject context;
    std::jthread worker([&](std::stop_token stop) {
        work(stop);
        QMetaObject::invokeMethod(qApp, &QCoreApplication::quit, Qt::QueuedConnection);
    });
    wiring::onInterrupt(&context, [&] {
        worker.request_stop();
        interrupt();
    });
    QCoreApplication::exec();
}

void print(std::string_view text)
{
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

void message(std::string_view text)
{
    std::fwrite(text.data(), 1, text.size(), stderr);
}

bool hasColour()
{
    const char *noColour = std::getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) != 0 && !(noColour && *noColour);
}

} // namespace muster::ctl
