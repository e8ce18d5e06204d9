// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/secrets/keyring.h"

#include "models/facts/fact.h"

#include <QThread>

#if __has_include(<qt6keychain/keychain.h>)
#include <qt6keychain/keychain.h>
#else
#include <keychain.h>
#endif

#include <functional>
#include <future>
#include <memory>
#include <random>

namespace muster::secrets::keyring {

namespace {

constexpr const char *kAdvice = "Unlock the keyring or start its service; or name the secret as {\"env\": ...}, {\"file\": ...} or {\"command\": [...]} instead.";

/// QtKeychain's queue belongs to the thread that used it first and must go on running there: one thread for the whole process, never ended
/// (a keyring that hangs must not hang our end). The one object of the house that lives as long as the process.
QObject &keyringThread()
{
    static QObject *const receiver = [] {
        auto *thread = new QThread;
        thread->setObjectName(QStringLiteral("keyring"));
        auto *object = new QObject;
        object->moveToThread(thread);
        thread->start();
        return object;
    }();
    return *receiver;
}

struct Reply {
    QKeychain::Error error = QKeychain::NoError;
    QString text;
    Secret secret;
};

Fault faultOf(const Reply &reply, const std::string &entry)
{
    const auto said = reply.text.isEmpty() ? std::string("no keyring service answers") : muster::clamp(reply.text.toStdString(), 300);
    switch (reply.error) {
    case QKeychain::EntryNotFound:
        return {FaultKind::Config, "secret", "keyring: no entry " + entry, "Store it, for example: secret-tool store --label=" + entry + " server SERVICE user KEY"};
    case QKeychain::AccessDenied:
    case QKeychain::AccessDeniedByUser:
        return {FaultKind::Denied, "secret", "keyring: access to " + entry + " was refused: " + said, kAdvice};
    default:
        return {FaultKind::Config, "secret", "keyring: " + said, kAdvice};
    }
}

/// Runs one job on the keyring's thread. A job that never answers is left alone there.
template<class Job>
std::expected<Reply, Fault> perform(const std::string &service, const std::string &key, Deadline deadline, std::function<void(Job &)> prepare)
{
    auto promise = std::make_shared<std::promise<Reply>>();
    auto future = promise->get_future();
    auto &receiver = keyringThread();
    QMetaObject::invokeMethod(&receiver, [=, &receiver] {
        auto *job = new Job(QString::fromStdString(service));
        job->setKey(QString::fromStdString(key));
        job->setInsecureFallback(false);
        if (prepare)
            prepare(*job);
        QObject::connect(job, &QKeychain::Job::finished, &receiver, [promise](QKeychain::Job *finished) {
            Reply reply{finished->error(), finished->errorString(), {}};
            if (const auto *reading = qobject_cast<QKeychain::ReadPasswordJob *>(finished))
                reply.secret = Secret(reading->textData().toStdString());
            promise->set_value(std::move(reply));
        });
        job->start();
    }, Qt::QueuedConnection);
    if (future.wait_for(deadline.left()) != std::future_status::ready)
        return std::unexpected(Fault{FaultKind::Timeout, "secret", "keyring: no answer within its time (is it locked and asking?)", kAdvice});
    auto reply = future.get();
    if (reply.error != QKeychain::NoError)
        return std::unexpected(faultOf(reply, service + '/' + key));
    return reply;
}

} // namespace

std::expected<Secret, Fault> read(const std::string &service, const std::string &key, Deadline deadline)
{
    auto reply = perform<QKeychain::ReadPasswordJob>(service, key, deadline, {});
    if (!reply)
        return std::unexpected(reply.error());
    return std::move(reply->secret);
}

std::expected<void, Fault> write(const std::string &service, const std::string &key, const Secret &secret, Deadline deadline)
{
    auto reply = perform<QKeychain::WritePasswordJob>(service, key, deadline, [secret](QKeychain::WritePasswordJob &job) {
        job.setTextData(QString::fromStdString(secret.reveal()));
    });
    return reply ? std::expected<void, Fault>() : std::unexpected(reply.error());
}

std::expected<void, Fault> remove(const std::string &service, const std::string &key, Deadline deadline)
{
    auto reply = perform<QKeychain::DeletePasswordJob>(service, key, deadline, {});
    return reply ? std::expected<void, Fault>() : std::unexpected(reply.error());
}

std::expected<void, Fault> probe(Deadline deadline)
{
    const std::string service = "muster-probe";
    const auto key = std::to_string(std::random_device{}());
    const auto value = std::to_string(std::random_device{}());
    if (auto written = write(service, key, Secret(value), deadline); !written)
        return written;
    const auto back = read(service, key, deadline);
    const auto removed = remove(service, key, deadline);
    if (!back)
        return std::unexpected(back.error());
    if (back->reveal() != value)
        return std::unexpected(Fault{FaultKind::Config, "secret", "keyring: another value came back than was stored", kAdvice});
    return removed;
}

} // namespace muster::secrets::keyring
