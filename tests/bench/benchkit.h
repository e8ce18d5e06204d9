// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/testservers.h"

#include <QString>

#include <memory>
#include <vector>

namespace muster::test {

/// What a benchmark of the whole console looks at: the environment file of the command line, else servers of its own.
/// Usage of each: bench_x [--full] [ENVIRONMENT-FILE]
class BenchEnvironment
{
public:
    BenchEnvironment(int argc, char **argv);

    /// Path; "" when the servers did not start (said on stderr).
    [[nodiscard]] QString file() const { return m_file; }
    [[nodiscard]] bool isFull() const { return m_isFull; } ///< minutes instead of seconds

private:
    QTemporaryDir m_folder;
    std::unique_ptr<TestServers> m_servers;
    QString m_file;
    bool m_isFull = false;
};

[[nodiscard]] double median(std::vector<double> values);
/// MiB, of a process by id; 0 when it is gone.
[[nodiscard]] double residentSize(qint64 pid);

} // namespace muster::test
