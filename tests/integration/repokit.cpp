// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/integration/repokit.h"

#include "connectors/backup/tools.h"
#include "connectors/process/child.h"
#include "connectors/process/host.h"

#include <QTest>

#include <csignal>
#include <fstream>
#include <sstream>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace muster::test {

namespace fs = std::filesystem;

namespace {

constexpr const char *kPort = "5432"; // a part of the socket's name only

} // namespace

void RepoKit::leaveRoot()
{
    if (::geteuid() != 0)
        return;
    const auto *account = ::getpwnam("postgres");
    if (!account || ::initgroups("postgres", account->pw_gid) != 0 || ::setgid(account->pw_gid) != 0 || ::setuid(account->pw_uid) != 0)
        qFatal("cannot become the account postgres");
    ::setenv("HOME", "/tmp", 1);
    ::setenv("USER", "postgres", 1);
    ::unsetenv("XDG_STATE_HOME");
    [[maybe_unused]] const int changed = ::chdir("/tmp");
}

std::string RepoKit::binaries() const
{
    return backup::findTools(15, backup::standardFolders(15), Deadline::after(Millis(5000)), {}).value_or(backup::Tools{"/usr/lib/postgresql/15/bin", {}, 0}).folder;
}

RepoKit::RepoKit(Tool tool, int rows) : m_tool(tool)
{
    ::setenv("XDG_STATE_HOME", (root() / "state").c_str(), 1);
    for (const auto *name : {"sock", "archive", "log", "lock", "repo", "barman", "scratch"})
        fs::create_directories(root() / name);
    if (const auto said = this->tool({binaries() + "/initdb", "-D", data().string(), "-U", "postgres", "--auth=trust", "-k", "--no-sync", "--wal-segsize=1"}); !said.empty()) {
        m_error = said;
        return;
    }
    m_config = (root() / "tool.conf").string();
    std::string archive = "#!/bin/sh\nset -e\ncp \"$1\" '" + (root() / "archive").string() + "/'\"$2\".new\nmv '" + (root() / "archive").string() + "/'\"$2\".new '" + (root() / "archive").string() + "/'\"$2\"\n";
    // pgBackRest wants to find its name in archive_command.
    if (tool == Tool::PgBackRest)
        archive += "exec pgbackrest --config='" + m_config + "' --stanza=demo archive-push \"$1\"\n";
    if (tool == Tool::Barman)
        archive += "mkdir -p '" + (root() / "barman/demo/incoming").string() + "'\ncp \"$1\" '" + (root() / "barman/demo/incoming").string() + "/'\"$2\"\n";
    write(root() / "archive-by-pgbackrest.sh", archive);
    fs::permissions(root() / "archive-by-pgbackrest.sh", fs::perms::owner_all);
    std::ofstream(data() / "postgresql.conf", std::ios::app) << "listen_addresses=''\nport=" << kPort << "\nunix_socket_directories='" << (root() / "sock").string()
                                                             << "'\nfsync=off\narchive_mode=on\narchive_command='" << (root() / "archive-by-pgbackrest.sh").string() << " %p %f'\nmax_wal_senders=6\n";
    if (tool == Tool::PgBackRest)
        setUpPgBackRest();
    if (tool == Tool::Barman)
        setUpBarman();
    start();
    if (!m_error.empty())
        return;
    if (tool == Tool::PgBackRest)
        m_error = this->tool({"pgbackrest", "--config=" + m_config, "--stanza=demo", "stanza-create"});
    const auto filled = sql("CREATE DATABASE shop");
    const auto made = sql("CREATE TABLE items AS SELECT i AS id, md5(i::text) AS name FROM generate_series(1, " + std::to_string(rows) + ") i; CHECKPOINT; SELECT 'filled'");
    if (made != "filled")
        m_error += filled + made;
    archiveWal();
    if (tool == Tool::Barman) {
        this->tool({"barman", "--config", m_config, "cron"});
        this->tool({"barman", "--config", m_config, "archive-wal", "demo"});
    }
}

RepoKit::~RepoKit()
{
    stop();
}

void RepoKit::start()
{
    m_server.setStandardErrorFile(QString::fromStdString((root() / "log/server.log").string()));
    m_server.setStandardOutputFile(QProcess::nullDevice());
    m_server.start(QStringLiteral("/usr/bin/setpriv"), {QStringLiteral("--pdeathsig"), QStringLiteral("INT"), QString::fromStdString(binaries() + "/postgres"), QStringLiteral("-D"),
                                                       QString::fromStdString(data().string())});
    const auto limit = Deadline::after(Millis(30000));
    std::string answer;
    while ((answer = tool({binaries() + "/psql", "-h", (root() / "sock").string(), "-U", "postgres", "-c", "SELECT 1"})).empty() == false && !limit.isOver())
        QTest::qWait(100);
    m_error = answer;
}

void RepoKit::stop()
{
    if (m_server.state() == QProcess::NotRunning)
        return;
    ::kill(static_cast<pid_t>(m_server.processId()), SIGINT);
    m_server.waitForFinished(20000);
}

void RepoKit::write(const fs::path &path, const std::string &text)
{
    std::ofstream(path, std::ios::trunc) << text;
}

void RepoKit::setUpPgBackRest()
{
    const auto at = [&](const char *name) { return (root() / name).string(); };
    write(m_config, "[global]\nrepo1-path=" + at("repo") + "\nrepo1-retention-full=2\nlog-path=" + at("log") + "\nlock-path=" + at("lock") + "\nspool-path=" + at("log")
              + "\nstart-fast=y\narchive-timeout=20\ncompress-level=1\n[demo]\npg1-path=" + data().string() + "\npg1-port=" + kPort + "\npg1-socket-path=" + at("sock") + '\n');
}

void RepoKit::setUpBarman()
{
    const auto at = [&](const char *name) { return (root() / name).string(); };
    const std::string info = "host=" + at("sock") + " port=" + kPort + " user=postgres dbname=postgres";
    write(m_config, "[barman]\nbarman_user = postgres\nbarman_home = " + at("barman") + "\nbarman_lock_directory = " + at("lock") + "\nlog_file = " + at("log") + "/barman.log\n"
              "[demo]\ndescription = demo\nconninfo = " + info + "\nstreaming_conninfo = " + info + "\nbackup_method = postgres\narchiver = on\nimmediate_checkpoint = true\npath_prefix = "
              + binaries() + "\nretention_policy = REDUNDANCY 2\n");
}

postgres::Target RepoKit::target() const
{
    postgres::Target target;
    target.id = "postgres/primary";
    target.url = "host=" + (root() / "sock").string() + " port=" + kPort + " user=postgres dbname=shop sslmode=disable";
    target.operatorName = "ada@laptop";
    return target;
}

backup::Set RepoKit::makeSet(const std::string &driver)
{
    backup::Set set;
    set.name = "nightly";
    set.environment = "shop";
    set.driver = driver;
    set.server = target();
    set.server->databases = {"shop"};
    set.drillDirectory = (root() / "scratch").string();
    set.drillQueries = {"SELECT count(*) >= 20000 FROM items"};
    if (driver == "pg_basebackup" || driver == "pg_dump") {
        set.directory = (root() / ("set" + std::to_string(++m_copies))).string();
        fs::create_directories(set.directory);
    }
    if (driver == "pg_basebackup")
        set.archive = (root() / "archive").string();
    set.stanza = "demo";
    set.barmanServer = "demo";
    set.config = m_config;
    return set;
}

backup::Set RepoKit::onCopy(const backup::Set &set, fs::path *repository)
{
    auto copy = set;
    copy.name = "copy" + std::to_string(++m_copies);
    *repository = root() / copy.name;
    std::error_code error;
    for (int tries = 0; tries < 20; ++tries) { // the server archives meanwhile, and what was listed may have its last name by now
        fs::remove_all(*repository);
        fs::copy(root() / "repo", *repository, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
        if (!error)
            break;
    }
    if (error)
        qFatal("%s: %s", repository->c_str(), error.message().c_str());
    std::ifstream file(m_config);
    std::string text((std::istreambuf_iterator<char>(file)), {});
    const auto from = "repo1-path=" + (root() / "repo").string();
    text.replace(text.find(from), from.size(), "repo1-path=" + repository->string());
    copy.config = m_config + '.' + copy.name;
    write(copy.config, text);
    return copy;
}

std::string RepoKit::tool(const std::vector<std::string> &words, int *status)
{
    auto command = process::Host().command(words);
    const auto finished = process::run(command, Deadline::after(Millis(120000)), {});
    if (status)
        *status = finished ? finished->exitStatus : -1;
    if (finished && finished->isGood())
        return {};
    return finished ? words.front() + ": " + finished->output + finished->errors : finished.error().detail;
}

std::string RepoKit::sql(const std::string &statement)
{
    auto admin = target();
    if (statement.starts_with("CREATE DATABASE"))
        admin.url.replace(admin.url.find("dbname=shop"), 11, "dbname=postgres");
    const auto parameters = postgres::ConnectionParameters::from(admin);
    postgres::PgClient client;
    postgres::SessionOptions options;
    options.isReadOnly = false;
    options.statementTimeout = Millis(60000);
    options.lockTimeout = Millis(5000);
    const auto deadline = Deadline::after(Millis(60000));
    if (auto connected = client.connect(*parameters, {}, options, deadline); !connected)
        return "error: " + connected.error().detail;
    if (!statement.starts_with("CREATE DATABASE") && !client.simpleQuery("SET search_path = public, pg_catalog", deadline))
        return "error: search_path";
    const auto rows = client.simpleQuery(statement, deadline);
    if (!rows)
        return "error: " + rows.error().detail;
    return rows->isEmpty() ? std::string() : rows->rows[0][0].value_or("NULL");
}

backup::Live RepoKit::live()
{
    const auto set = makeSet("pgbackrest");
    backup::Server server(set, backup::Server::Purpose::Watch);
    if (!server.connect(Deadline::after(Millis(5000))))
        return {};
    return server.live(Deadline::after(Millis(5000))).value_or(backup::Live{});
}

void RepoKit::archiveWal()
{
    sql("CREATE TABLE IF NOT EXISTS nudge (at timestamptz); INSERT INTO nudge SELECT now()");
    const auto current = sql("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
    sql("SELECT pg_switch_wal()");
    const auto limit = Deadline::after(Millis(30000));
    while (sql("SELECT last_archived_wal >= '" + current + "' FROM pg_stat_archiver") != "t" && !limit.isOver())
        QTest::qWait(50);
    if (m_tool == Tool::Barman)
        tool({"barman", "--config", m_config, "archive-wal", "demo"});
}

std::vector<pid_t> processesOf(const std::string &argument)
{
    std::vector<pid_t> found;
    for (const auto &entry : fs::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        std::ifstream file(entry.path() / "cmdline", std::ios::binary);
        std::ostringstream bytes; // << catches what rdbuf() throws when a process of /proc ends under the reader
        bytes << file.rdbuf();
        const auto line = bytes.str();
        if (name.find_first_not_of("0123456789") == std::string::npos && line.find(argument) != std::string::npos)
            found.push_back(std::stoi(name));
    }
    return found;
}

std::string flipByte(const fs::path &path, std::uintmax_t at)
{
    std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(at));
    const auto byte = static_cast<char>(stream.get() ^ 0x55);
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(byte);
    return stream ? std::string() : "cannot flip a byte of " + path.string();
}

} // namespace muster::test
