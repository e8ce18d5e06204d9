// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>

#include <csignal>

#include <unistd.h>

#include <sys/prctl.h>

namespace muster::test {

/// Call before start(): the program is killed when the thread that starts it ends, however it ends. A test killed with -9 runs no destructor.
inline void tieToUs(QProcess &process)
{
    process.setChildProcessModifier([parent = ::getpid()] {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) // it ended before we asked
            ::_exit(127);
    });
}

} // namespace muster::test
