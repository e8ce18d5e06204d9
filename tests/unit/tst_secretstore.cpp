// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/secrets/secretstore.h"

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>

using namespace muster;
using Kind = SecretRef::Kind;

namespace {

constexpr auto kCanary = "canary-9f31";

bool tellsTheSecret(const Fault &fault)
{
    return (fault.detail + fault.hint + fault.stage).find("canary") != std::string::npos;
}

} // namespace

class tst_SecretStore : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsTheEnvironment();
    void saysWhichVariableIsMissing();
    void readsAPrivateFileWithoutItsLineBreak();
    void refusesAFileThatOthersCanRead();
    void refusesASymlink();
    void doesNotHangOnAFifo();
    void takesTheFirstLineOfACommand();
    void neverRepeatsWhatACommandPrinted();
    void endsAHangingCommand();
    void givesNothingForNone();
    void saysThatNoKeyringAnswers();

private:
    QTemporaryDir m_folder;
    secrets::Store m_store;

    std::string makeFile(const char *name, const std::string &text, std::filesystem::perms mode)
    {
        const auto path = m_folder.filePath(QString::fromUtf8(name)).toStdString();
        std::ofstream(path) << text;
        std::filesystem::permissions(path, mode);
        return path;
    }
    std::string makeScript(const char *name, const std::string &text)
    {
        return makeFile(name, "#!/bin/sh\n" + text, std::filesystem::perms::owner_all);
    }
};

void tst_SecretStore::readsTheEnvironment()
{
    ::setenv("MUSTER_TEST_SECRET", kCanary, 1);
    const auto secret = m_store.fetch({Kind::Env, "MUSTER_TEST_SECRET", {}});
    QVERIFY(secret);
    QCOMPARE(secret->reveal(), std::string(kCanary));
}

void tst_SecretStore::saysWhichVariableIsMissing()
{
    const auto secret = m_store.fetch({Kind::Env, "MUSTER_TEST_ABSENT", {}});
    QVERIFY(!secret);
    QVERIFY(secret.error().kind == FaultKind::Config);
    QVERIFY(secret.error().detail.find("MUSTER_TEST_ABSENT") != std::string::npos);
}

void tst_SecretStore::readsAPrivateFileWithoutItsLineBreak()
{
    const auto path = makeFile("good", std::string(kCanary) + " \n", std::filesystem::perms{0600});
    const auto secret = m_store.fetch({Kind::File, path, {}});
    QVERIFY(secret);
    QCOMPARE(secret->reveal(), std::string(kCanary) + ' ');
}

void tst_SecretStore::refusesAFileThatOthersCanRead()
{
    const auto path = makeFile("open", kCanary, std::filesystem::perms{0640});
    const auto secret = m_store.fetch({Kind::File, path, {}});
    QVERIFY(!secret);
    QVERIFY(secret.error().hint.find("chmod 600") != std::string::npos);
    QVERIFY(!tellsTheSecret(secret.error()));
}

void tst_SecretStore::refusesASymlink()
{
    const auto path = makeFile("real", kCanary, std::filesystem::perms{0600});
    std::filesystem::create_symlink(path, path + "-link");
    QVERIFY(!m_store.fetch({Kind::File, path + "-link", {}}));
}

void tst_SecretStore::doesNotHangOnAFifo()
{
    const auto path = m_folder.filePath(QStringLiteral("fifo")).toStdString();
    QCOMPARE(::mkfifo(path.c_str(), 0600), 0);
    QVERIFY(!m_store.fetch({Kind::File, path, {}}));
}

void tst_SecretStore::takesTheFirstLineOfACommand()
{
    const auto path = makeScript("tool", "echo \"canary-$1\"; echo second");
    const auto secret = m_store.fetch({Kind::Command, {}, {path, "9f31"}});
    QVERIFY(secret);
    QCOMPARE(secret->reveal(), std::string(kCanary));
}

void tst_SecretStore::neverRepeatsWhatACommandPrinted()
{
    const auto path = makeScript("failing", "echo canary-1; echo canary-2 >&2; exit 1");
    const auto secret = m_store.fetch({Kind::Command, {}, {path}});
    QVERIFY(!secret);
    QVERIFY(secret.error().detail.find("exit status 1") != std::string::npos);
    QVERIFY(!tellsTheSecret(secret.error()));
}

void tst_SecretStore::endsAHangingCommand()
{
    const auto path = makeScript("hanging", "sleep 60");
    const auto started = BootClock::now();
    const auto secret = m_store.fetch({Kind::Command, {}, {path}});
    QVERIFY(!secret);
    QVERIFY(secret.error().kind == FaultKind::Timeout);
    QVERIFY(BootClock::now() - started < std::chrono::seconds(7));
}

void tst_SecretStore::givesNothingForNone()
{
    const auto secret = m_store.fetch({});
    QVERIFY(secret);
    QVERIFY(secret->isEmpty());
}

void tst_SecretStore::saysThatNoKeyringAnswers()
{
    // A bus address where nobody listens: whatever desktop the tests run on.
    ::setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
    const auto started = BootClock::now();
    const auto secret = m_store.fetch({Kind::Keyring, "shop/redis", {}});
    QVERIFY(!secret);
    QVERIFY(secret.error().detail.starts_with("keyring: "));
    QVERIFY(!secret.error().hint.empty());
    QVERIFY(BootClock::now() - started < std::chrono::seconds(6));
    const auto again = m_store.fetch({Kind::Keyring, "shop/redis", {}});
    QVERIFY(!again);
    QVERIFY(again.error() == secret.error()); // kept, not waited for again
    QVERIFY(!m_store.fetch({Kind::Keyring, "no-slash", {}}));
}

QTEST_GUILESS_MAIN(tst_SecretStore)
#include "tst_secretstore.moc"
