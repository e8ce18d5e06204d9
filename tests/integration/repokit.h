// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/backup/backupset.h"
#include "connectors/backup/driver.h"
#include "tests/integration/backupkit.h"

#include <QProcess>
#include <QTemporaryDir>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace muster::test {

/// A cluster on a private socket that archives its WAL into a folder, and into pgBackRest or Barman where these are set up; gone with the process.
/// PostgreSQL and the tools refuse root: call leaveRoot() first in main().
class RepoKit {
public:
    enum class Tool { None, PgBackRest, Barman };
    explicit RepoKit(Tool tool, int rows = 20000);
    ~RepoKit();

    static void leaveRoot();
    [[nodiscard]] bool isReady() const { return m_error.empty(); }
    [[nodiscard]] const char *errorText() const { return m_error.c_str(); }
    [[nodiscard]] std::filesystem::path root() const { return m_folder.path().toStdString(); }
    /// A set of that driver; pgBackRest's and Barman's share the kit's repository.
    [[nodiscard]] backup::Set makeSet(const std::string &driver);
    /// The same set on a copy of the pgBackRest repository, to be damaged.
    [[nodiscard]] backup::Set onCopy(const backup::Set &set, std::filesystem::path *repository);
    [[nodiscard]] postgres::Target target() const;
    std::string sql(const std::string &statement);
    /// A tool's run; what it said when it failed.
    std::string tool(const std::vector<std::string> &words, int *status = nullptr);
    [[nodiscard]] backup::Live live();
    /// Switches WAL and waits until it is archived everywhere.
    void archiveWal();
    [[nodiscard]] std::string config() const { return m_config; }
    [[nodiscard]] std::filesystem::path data() const { return root() / "pg"; }
    [[nodiscard]] std::string binaries() const;
    void stop();
    void start();

private:
    void setUpPgBackRest();
    void setUpBarman();
    void write(const std::filesystem::path &path, const std::string &text);

    QTemporaryDir m_folder;
    QProcess m_server;
    Tool m_tool;
    std::string m_error;
    std::string m_config;
    int m_copies = 0;
};

/// Living processes with that text in their arguments; choose a text that only the test's own have.
[[nodiscard]] std::vector<pid_t> processesOf(const std::string &argument);
[[nodiscard]] std::string flipByte(const std::filesystem::path &path, std::uintmax_t at);

} // namespace muster::test
