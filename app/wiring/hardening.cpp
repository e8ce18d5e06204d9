// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/wiring/hardening.h"

#include "connectors/net/tlslibrary.h"

#include <QSocketNotifier>

#include <csignal>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace muster::wiring {

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

void hardenProcess()
{
    constexpr rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0); // RLIMIT_CORE does not hold for a core_pattern that is a pipe
    std::signal(SIGPIPE, SIG_IGN);
    net::startTlsLibrary();
    const auto set = interruptSignals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
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

} // namespace muster::wiring
