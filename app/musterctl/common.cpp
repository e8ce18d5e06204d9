// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/musterctl/commands.h"
#include "app/musterctl/sampler.h"
#include "app/wiring/wiring.h"

#include <QCoreApplication>
#include <QSocketNotifier>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sys/signalfd.h>
#include <unistd.h>

namespace muster::ctl {

namespace {

sigset_t interruptSignals()
{
    sigset_t set{};
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

} // namespace

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

void sample(Session &session, const Options &options)
{
    Sampler sampler(session, options.watchFor);
    QObject::connect(&sampler, &Sampler::finished, qApp, &QCoreApplication::quit);
    onInterrupt(&sampler, [] { QCoreApplication::quit(); });
    sampler.start();
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

void blockSignals()
{
    const auto set = interruptSignals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

void onInterrupt(QObject *context, std::function<void()> call)
{
    const auto set = interruptSignals();
    const int descriptor = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    auto *notifier = new QSocketNotifier(descriptor, QSocketNotifier::Read, context);
    QObject::connect(notifier, &QSocketNotifier::activated, context, [descriptor, call = std::move(call)] {
        signalfd_siginfo info{};
        if (read(descriptor, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
            call();
    });
    QObject::connect(notifier, &QObject::destroyed, [descriptor] { close(descriptor); });
}

} // namespace muster::ctl
