// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/benchkit.h"

#include "tests/faults/windowkit.h"

#include <QFile>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace muster::test {

BenchEnvironment::BenchEnvironment(int argc, char **argv)
{
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--full") == 0)
            m_isFull = true;
        else
            m_file = QString::fromLocal8Bit(argv[i]);
    }
    useOwnFolders(m_folder.path());
    if (!m_file.isEmpty())
        return;
    m_servers = std::make_unique<TestServers>(QStringList{QStringLiteral("postgres"), QStringLiteral("redis"), QStringLiteral("nginx"), QStringLiteral("smtp")});
    QFile file(m_folder.filePath(QStringLiteral("bench.json")));
    if (!m_servers->isRunning() || !file.open(QIODevice::WriteOnly)) {
        std::fprintf(stderr, "%s\n", m_servers->errorText());
        return;
    }
    file.write(R"({"name": "bench", "kind": "staging", "postgres": [)" + entryOf(*m_servers, QStringLiteral("postgres")) + R"(], "redis": [)"
               + entryOf(*m_servers, QStringLiteral("redis")) + R"(], "http": [)" + entryOf(*m_servers, QStringLiteral("nginx")) + R"(], "smtp": )"
               + entryOf(*m_servers, QStringLiteral("smtp")) + '}');
    m_file = file.fileName();
}

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    return values.empty() ? 0 : values[values.size() / 2];
}

double residentSize(qint64 pid)
{
    QFile file(QStringLiteral("/proc/%1/statm").arg(pid)); // "size resident shared ...", in pages
    return file.open(QIODevice::ReadOnly) ? file.readAll().split(' ').value(1).toDouble() * double(sysconf(_SC_PAGESIZE)) / (1 << 20) : 0;
}

} // namespace muster::test
