// SPDX-License-Identifier: GPL-3.0-or-later
// Drivers that speak the command contract, here and over a real sshd with a throw-away key; tools on another host.
#include "connectors/backup/backupaction.h"
#include "connectors/backup/commanddriver.h"
#include "connectors/backup/drillaction.h"
#include "connectors/backup/verifybackupaction.h"
#include "tests/integration/repokit.h"

#include <QTest>

#include <csignal>
#include <fstream>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace muster;
using namespace muster::backup;
using muster::test::perform;
using muster::test::RepoKit;
namespace fs = std::filesystem;

namespace {

/// A snapshot service of the team's own: one file a snapshot in a folder.
constexpr const char *kService = "#!/bin/sh\n"
                                 "folder=$1; verb=$2; shift 2\n"
                                 "case $verb in\n"
                                 "list) printf '{\"schema\":1,\"backups\":['; comma=\n"
                                 "  for f in \"$folder\"/*.snap; do [ -e \"$f\" ] || continue\n"
                                 "    printf '%s{\"id\":\"%s\",\"state\":\"finished\",\"kind\":\"snapshot\",\"finished\":%s,\"size\":%s,\"server_version\":\"15.1\",\"system_identifier\":\"%s\"}' \"$comma\""
                                 " \"$(basename \"$f\" .snap)\" \"$(stat -c %Y \"$f\")\" \"$(stat -c %s \"$f\")\" \"$(cat \"$folder/identity\")\"; comma=,\n"
                                 "  done; printf ']}\\n';;\n"
                                 "run) echo '{\"phase\":\"taking a snapshot\",\"done\":1,\"total\":2,\"unit\":\"volumes\"}'; echo whole > \"$folder/snap-1.snap\"; echo 'a word of its own'; echo '{\"id\":\"snap-1\"}';;\n"
                                 "verify) if grep -q whole \"$folder/$1.snap\"; then exit 0; fi; echo '{\"problem\":\"block 7 differs\"}'; exit 1;;\n"
                                 "esac\n";

int freePort()
{
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(probe, reinterpret_cast<sockaddr *>(&address), size);
    ::getsockname(probe, reinterpret_cast<sockaddr *>(&address), &size);
    ::close(probe);
    return ntohs(address.sin_port);
}

} // namespace

class tst_BackupHosts : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void commandsListRunAndVerify_data();
    void commandsListRunAndVerify();
    void sshHandsWordsOverUnchanged();
    void remoteJobsEndWithUs();
    void namesAHostThatCannotBeReached();
    void looksAtADirectoryThroughTheMusterctlThere();
    void runsPgBackRestOnItsHost();

private:
    std::unique_ptr<RepoKit> m_kit;
    QProcess m_sshd;
    process::Host m_host;

    void startSshd();
    Set commandSet(bool isRemote)
    {
        auto set = m_kit->makeSet("command");
        set.name = isRemote ? "remote" : "local";
        const auto folder = m_kit->root() / ("it's a folder " + set.name); // a quote and spaces
        fs::create_directories(folder);
        std::ofstream(folder / "identity") << m_kit->live().systemIdentifier;
        const auto words = [&](const char *verb) { return std::vector<std::string>{(m_kit->root() / "service").string(), folder.string(), verb}; };
        set.listWords = words("list");
        set.runWords = words("run");
        set.verifyWords = words("verify");
        if (isRemote)
            set.host = m_host;
        return set;
    }
    std::vector<Backup> scanned(const Set &set) { return muster::test::scan(set, m_kit->live()).value_or(std::vector<Backup>()); }
};

void tst_BackupHosts::initTestCase()
{
    m_kit = std::make_unique<RepoKit>(RepoKit::Tool::PgBackRest);
    QVERIFY2(m_kit->isReady(), m_kit->errorText());
    std::ofstream(m_kit->root() / "service") << kService;
    fs::permissions(m_kit->root() / "service", fs::perms::owner_all);
    startSshd();
}

void tst_BackupHosts::startSshd()
{
    const auto port = std::to_string(freePort());
    const auto root = m_kit->root() / "ssh";
    fs::create_directories(root);
    fs::permissions(root, fs::perms::owner_all);
    for (const auto *name : {"host", "login"})
        QCOMPARE(m_kit->tool({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", (root / name).string()}), std::string());
    const auto slurp = [](const fs::path &path) {
        std::ifstream file(path);
        return std::string((std::istreambuf_iterator<char>(file)), {});
    };
    std::ofstream(root / "known") << "[127.0.0.1]:" << port << ' ' << slurp(root / "host.pub");
    const std::string user = ::getpwuid(::geteuid())->pw_name;
    std::ofstream(root / "sshd_config") << "Port " << port << "\nListenAddress 127.0.0.1\nHostKey " << (root / "host").string() << "\nAuthorizedKeysFile " << (root / "login.pub").string()
                                        << "\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPidFile none\nSetEnv PATH=" << fs::path(MUSTERCTL).parent_path().string()
                                        << ":/usr/bin:/bin XDG_STATE_HOME=" << (m_kit->root() / "state").string() << "\n";
    std::ofstream(root / "config") << "Host backuphost\n HostName 127.0.0.1\n Port " << port << "\n User " << user << "\n IdentityFile " << (root / "login").string()
                                   << "\n IdentitiesOnly yes\n StrictHostKeyChecking yes\n UserKnownHostsFile " << (root / "known").string() << '\n';
    m_sshd.setStandardErrorFile(QString::fromStdString((root / "sshd.log").string()));
    m_sshd.start(QStringLiteral("/usr/bin/setpriv"), {QStringLiteral("--pdeathsig"), QStringLiteral("TERM"), QStringLiteral("/usr/sbin/sshd"), QStringLiteral("-D"), QStringLiteral("-e"),
                                                     QStringLiteral("-f"), QString::fromStdString((root / "sshd_config").string())});
    m_host = {"backuphost", (root / "config").string()};
    const auto answers = [&] {
        const auto finished = m_host.run(m_host.command({"true"}), Deadline::after(Millis(5000)), {});
        return finished && finished->isGood();
    };
    QTRY_VERIFY2_WITH_TIMEOUT(answers(), slurp(root / "sshd.log").c_str(), 20000);
}

void tst_BackupHosts::cleanupTestCase()
{
    m_sshd.terminate();
    m_sshd.waitForFinished(5000);
}

void tst_BackupHosts::commandsListRunAndVerify_data()
{
    QTest::addColumn<bool>("isRemote");
    QTest::newRow("here") << false;
    QTest::newRow("over ssh") << true;
}

void tst_BackupHosts::commandsListRunAndVerify()
{
    QFETCH(bool, isRemote);
    const auto set = commandSet(isRemote);
    QVERIFY(scanned(set).empty());
    BackupAction action(set);
    const auto run = perform(action);
    QVERIFY2(run.plan && run.plan->isAllowed(), run.plan ? run.plan->firstObstacle().c_str() : run.plan.error().detail.c_str());
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, (run.outcome.summary + run.outcome.transcript).c_str());
    QVERIFY(std::ranges::any_of(run.progress, [](const Progress &progress) { return progress.phase == "taking a snapshot" && progress.total == 2.0; }));
    QVERIFY(run.outcome.transcript.find("a word of its own") != std::string::npos);
    QVERIFY2(scanned(set).at(0).rung == Rung::Verified, scanned(set).at(0).reason.c_str());
    std::ofstream(fs::path(set.listWords.at(1)) / "snap-1.snap") << "broken\n"; // one byte more: the note is of other bytes
    QVERIFY(scanned(set).at(0).rung == Rung::Complete);
    VerifyBackupAction verify(set, "snap-1");
    QVERIFY(perform(verify).outcome.kind == OutcomeKind::Failed);
    QVERIFY(scanned(set).at(0).rung == Rung::Damaged);
    QCOMPARE(scanned(set).at(0).reason, std::string("block 7 differs"));
    std::ofstream(fs::path(set.listWords.at(1)) / "identity") << "7000000000000000000";
    QVERIFY(scanned(set).at(0).isOtherCluster);
}

void tst_BackupHosts::sshHandsWordsOverUnchanged()
{
    const std::vector<std::string> hostile{"a b", "it's", "\"", "$(touch /tmp/never)", "`id`", "a;b", "a|b", "*", "\\", "-n", "", "two\nlines", "ä€", "!x", "~", "#", "&", "%n"};
    std::vector<std::string> words{"printf", "%s\\0"};
    words.insert(words.end(), hostile.begin(), hostile.end());
    const auto finished = m_host.run(m_host.command(words, {{"A", "x y'z"}}), Deadline::after(Millis(10000)), {});
    QVERIFY2(finished && finished->isGood(), finished ? finished->errors.c_str() : finished.error().detail.c_str());
    std::string expected;
    for (const auto &word : hostile)
        expected += word + '\0';
    QCOMPARE(finished->output, expected);
    const auto variable = m_host.run(m_host.command({"printenv", "A"}, {{"A", "x y'z"}}), Deadline::after(Millis(10000)), {});
    QCOMPARE(variable->output, std::string("x y'z\n"));
}

void tst_BackupHosts::remoteJobsEndWithUs()
{
    const auto mark = (m_kit->root() / "a job of its own").string();
    std::stop_source stop;
    auto command = m_host.command({"sh", "-c", "echo started; exec sleep 600 # $0", mark}, {}, true);
    command.onOutput = [&](std::string_view) { return false; }; // it runs: enough
    const auto finished = m_host.run(command, Deadline::after(Millis(20000)), stop.get_token());
    QVERIFY(finished && finished->ending == process::Ending::Enough);
    const auto sleepers = [&] { return muster::test::processesOf(std::string("sleep\0" "600", 9)).size(); };
    QTRY_COMPARE_WITH_TIMEOUT(sleepers(), std::size_t{0}, 10000);
    // One that ends by itself gives its own status.
    const auto ended = m_host.run(m_host.command({"sh", "-c", "exit 7"}, {}, true), Deadline::after(Millis(20000)), {});
    QVERIFY(ended);
    QCOMPARE(ended->exitStatus, 7);
}

void tst_BackupHosts::namesAHostThatCannotBeReached()
{
    auto set = commandSet(true);
    set.host.ssh = "nowhere.invalid";
    const auto catalogue = makeDriver(set)->list({}, Deadline::after(Millis(20000)), {});
    QVERIFY(!catalogue);
    QCOMPARE(catalogue.error().stage, std::string("ssh"));
    QVERIFY(catalogue.error().hint.find("BatchMode") != std::string::npos);
}

void tst_BackupHosts::looksAtADirectoryThroughTheMusterctlThere()
{
    // The directory as its own host declares it, and as we see it from here.
    const auto there = m_kit->makeSet("pg_dump");
    const auto environment = m_kit->root() / "there.json";
    std::ofstream(environment) << "{ \"name\": \"shop\", \"kind\": \"production\", \"postgres\": [ { \"name\": \"primary\", \"url\": \"postgresql://postgres@/shop?host="
                               << (m_kit->root() / "sock").string() << "&port=5432&sslmode=disable\", \"databases\": [\"shop\"] } ],\n \"backups\": [ { \"name\": \"nightly\", \"driver\": \"pg_dump\", \"postgres\": \"primary\", \"directory\": \""
                               << there.directory << "\" } ] }\n";
    auto set = there;
    set.host = m_host;
    set.remoteEnvironment = environment.string();
    BackupAction action(set);
    const auto run = perform(action);
    QVERIFY2(run.plan && run.plan->isAllowed(), run.plan ? run.plan->firstObstacle().c_str() : run.plan.error().detail.c_str());
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, (run.outcome.summary + run.outcome.transcript).c_str());
    QVERIFY2(scanned(set).at(0).rung == Rung::Verified, scanned(set).at(0).reason.c_str());
    fs::remove(fs::path(there.directory) / scanned(set).at(0).id / "globals.sql");
    QVERIFY(scanned(set).at(0).rung == Rung::Damaged);
    QVERIFY2(scanned(set).at(0).reason.find("globals") != std::string::npos, scanned(set).at(0).reason.c_str());
}

void tst_BackupHosts::runsPgBackRestOnItsHost()
{
    auto set = m_kit->makeSet("pgbackrest");
    set.host = m_host;
    BackupAction action(set);
    const auto run = perform(action);
    QVERIFY2(run.plan && run.plan->isAllowed(), run.plan ? run.plan->firstObstacle().c_str() : run.plan.error().detail.c_str());
    QVERIFY2(run.outcome.kind == OutcomeKind::Succeeded, (run.outcome.summary + run.outcome.transcript).c_str());
    QVERIFY2(scanned(set).at(0).rung == Rung::Verified, scanned(set).at(0).reason.c_str());
    DrillAction drill(set, {});
    const auto refused = perform(drill);
    QVERIFY(refused.outcome.kind != OutcomeKind::Succeeded); // a drill restores here, the repository is there: it says so
    QVERIFY2((refused.outcome.summary + (refused.plan ? refused.plan->firstObstacle() : std::string())).find("backuphost") != std::string::npos, refused.outcome.summary.c_str());
}

int main(int count, char **arguments)
{
    RepoKit::leaveRoot();
    QCoreApplication app(count, arguments);
    tst_BackupHosts test;
    return QTest::qExec(&test, count, arguments);
}
#include "tst_backuphosts.moc"
