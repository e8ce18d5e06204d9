// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/musterctl/sampler.h"
#include "models/ports/actionfactory.h"
#include "tests/support/fakes.h"
#include "tests/unit/readinesskit.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>

using namespace muster;
using namespace muster::test;

namespace {

class NoActions : public ActionFactory
{
public:
    [[nodiscard]] std::unique_ptr<Action> backup(const std::string &) const override { return nullptr; }
    [[nodiscard]] std::unique_ptr<Action> verifyBackup(const std::string &, const std::string &) const override { return nullptr; }
    [[nodiscard]] std::unique_ptr<Action> flush(const FlushRequest &) const override { return nullptr; }
    [[nodiscard]] std::unique_ptr<Action> mailTest(const MailTestRequest &) const override { return nullptr; }
    [[nodiscard]] std::unique_ptr<Action> endSession(const SessionEndRequest &) const override { return nullptr; }
};

constexpr Cadence kOnce{Millis{3600000}, Millis{3600000}, Millis{1000}};
constexpr Cadence kRated{Millis{3600000}, Millis{3600000}, Millis{1000}, Millis{100}};

struct Declared {
    std::string id;
    Cadence cadence;
    std::shared_ptr<SourceScript> script;
};

std::unique_ptr<Session> sessionOf(const std::vector<Declared> &declared)
{
    Session::Parts parts;
    parts.environment.name = "shop";
    parts.environment.kind = "staging";
    parts.profile = shippedProfile();
    for (const auto &entry : declared) {
        parts.environment.sources.push_back({entry.id, std::string(kindOf(entry.id)), std::string(instanceOf(entry.id)), ""});
        parts.sources.push_back(std::make_unique<FakeSource>(entry.id, entry.cadence, entry.script));
    }
    parts.actions = std::make_unique<NoActions>();
    parts.audit = std::make_shared<FakeAudit>();
    return std::make_unique<Session>(std::move(parts));
}

} // namespace

class TestCtlSampler : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void takesTwoSamplesWhereRatesAreMade()
    {
        auto rated = std::make_shared<SourceScript>();
        auto plain = std::make_shared<SourceScript>();
        const auto session = sessionOf({{"redis/cache", kRated, rated}, {"http/api", kOnce, plain}});
        ctl::Sampler sampler(*session, Millis{0});
        QSignalSpy finished(&sampler, &ctl::Sampler::finished);
        sampler.start();
        QTRY_COMPARE(finished.count(), 1);
        QCOMPARE(rated->rounds.load(), 2);
        QCOMPARE(plain->rounds.load(), 1);
        QVERIFY(session->snapshot()->find("redis/cache", "fake.value"));
        session->stop();
    }

    void faultIsAnAnswer()
    {
        auto script = std::make_shared<SourceScript>();
        script->answer = [](int) { return std::unexpected(Fault{FaultKind::Refused, "tcp", "no", "start it"}); };
        const auto session = sessionOf({{"redis/cache", kRated, script}});
        ctl::Sampler sampler(*session, Millis{0});
        QSignalSpy finished(&sampler, &ctl::Sampler::finished);
        sampler.start();
        QTRY_COMPARE(finished.count(), 1);
        QVERIFY(session->snapshot()->source("redis/cache")->fault);
        session->stop();
    }

    void waitsForTheSlowestSource()
    {
        auto silent = std::make_shared<SourceScript>();
        silent->isBlocking = true; // until the watchdog interrupts it
        auto quick = std::make_shared<SourceScript>();
        const auto session = sessionOf({{"http/silent", kOnce, silent}, {"http/quick", kOnce, quick}});
        ctl::Sampler sampler(*session, Millis{0});
        QSignalSpy finished(&sampler, &ctl::Sampler::finished);
        sampler.start();
        QTRY_COMPARE(quick->rounds.load(), 1);
        QCOMPARE(finished.count(), 0);
        QTRY_COMPARE(finished.count(), 1);
        QVERIFY(silent->interrupts > 0);
        session->stop();
    }

    void watchesForTheTimeThatWasAsked()
    {
        auto script = std::make_shared<SourceScript>();
        const auto session = sessionOf({{"redis/cache", Cadence{Millis{50}, Millis{3600000}, Millis{1000}}, script}});
        ctl::Sampler sampler(*session, Millis{700});
        QSignalSpy finished(&sampler, &ctl::Sampler::finished);
        QElapsedTimer timer;
        timer.start();
        sampler.start();
        QTRY_COMPARE(finished.count(), 1);
        QVERIFY(timer.elapsed() >= 690);
        QVERIFY2(script->rounds >= 3, "the sources are asked at the faster cadence meanwhile");
        session->stop();
    }

    void endsWithoutSources()
    {
        const auto session = sessionOf({});
        ctl::Sampler sampler(*session, Millis{0});
        QSignalSpy finished(&sampler, &ctl::Sampler::finished);
        sampler.start();
        QTRY_COMPARE(finished.count(), 1);
        QCOMPARE(session->assessment()->score.low, 0.0);
        session->stop();
    }

    void finishesOnce()
    {
        auto script = std::make_shared<SourceScript>();
        const auto session = sessionOf({{"http/api", Cadence{Millis{20}, Millis{20}, Millis{1000}}, script}});
        ctl::Sampler sampler(*session, Millis{0});
        QSignalSpy finished(&sampler, &ctl::Sampler::finished);
        sampler.start();
        QTRY_VERIFY(script->rounds >= 4);
        QCOMPARE(finished.count(), 1);
        session->stop();
    }
};

QTEST_GUILESS_MAIN(TestCtlSampler)
#include "tst_ctlsampler.moc"
