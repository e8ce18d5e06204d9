// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/exposition.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace muster::prometheus;

/// The OpenMetrics project's own cases. Configured only where the corpus is at hand.
class TestOpenMetricsCorpus : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void agreesWithTheCorpus_data();
    void agreesWithTheCorpus();
    void survivesEveryCut();
};

namespace {

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QDir corpus()
{
    return QDir(QStringLiteral(MUSTER_CORPUS));
}

} // namespace

void TestOpenMetricsCorpus::agreesWithTheCorpus_data()
{
    QTest::addColumn<QString>("folder");
    const auto names = corpus().entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    QCOMPARE(names.size(), 211);
    for (const auto &name : names)
        QTest::newRow(qPrintable(name)) << corpus().filePath(name);
}

void TestOpenMetricsCorpus::agreesWithTheCorpus()
{
    QFETCH(QString, folder);
    const QJsonValue expected = QJsonDocument::fromJson(contentOf(folder % QStringLiteral("/test.json"))).object().value(QStringLiteral("shouldParse"));
    QVERIFY(expected.isBool());
    const auto bytes = contentOf(folder % QStringLiteral("/metrics"));
    const auto seen = parseExposition({bytes.constData(), static_cast<std::size_t>(bytes.size())}, Format::OpenMetrics, Mode::Strict);
    QVERIFY2(seen.isGood() == expected.toBool(), seen.isGood() ? "accepted" : seen.problems.front().text().c_str());
}

void TestOpenMetricsCorpus::survivesEveryCut()
{
    const auto bytes = contentOf(corpus().filePath(QStringLiteral("roundtrip/metrics")));
    QVERIFY(bytes.size() > 100);
    for (qsizetype length = 0; length < bytes.size() - 6; ++length) {
        const auto seen = parseExposition({bytes.constData(), static_cast<std::size_t>(length)}, Format::OpenMetrics, Mode::Lenient);
        QVERIFY2(!seen.isGood(), "a cut exposition has no # EOF");
    }
}

QTEST_APPLESS_MAIN(TestOpenMetricsCorpus)
#include "tst_openmetricscorpus.moc"
