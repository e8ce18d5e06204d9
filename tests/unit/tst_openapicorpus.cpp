// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/openapi.h"

#include <QDir>
#include <QFile>
#include <QtTest>

using namespace muster::http;

/// The OpenAPI Initiative's own schema tests. Configured only where the corpus is at hand.
class TestOpenApiCorpus : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void agreesWithTheCorpus_data();
    void agreesWithTheCorpus();
    void survivesEveryCut();

private:
    [[nodiscard]] static QByteArray contentOf(const QString &path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    [[nodiscard]] static OpenApiReport inspected(const QByteArray &text) { return inspectOpenApi({text.constData(), static_cast<std::size_t>(text.size())}); }
};

void TestOpenApiCorpus::agreesWithTheCorpus_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<bool>("isValid");
    const QDir corpus(QStringLiteral(MUSTER_CORPUS));
    int files = 0;
    for (const auto &folder : {QStringLiteral("3.1/pass"), QStringLiteral("3.1/fail"), QStringLiteral("3.2/pass"), QStringLiteral("3.2/fail")}) {
        const QDir here(corpus.filePath(folder));
        for (const auto &name : here.entryList({QStringLiteral("*.yaml")}, QDir::Files)) {
            QTest::newRow(qPrintable(folder + QLatin1Char('/') + name)) << here.filePath(name) << folder.endsWith(QStringLiteral("pass"));
            ++files;
        }
    }
    QVERIFY(files >= 100);
}

void TestOpenApiCorpus::agreesWithTheCorpus()
{
    QFETCH(QString, file);
    QFETCH(bool, isValid);
    const auto report = inspected(contentOf(file));
    QVERIFY2(report.isValid == isValid, report.why.c_str());
    QVERIFY(report.version.starts_with("3."));
}

void TestOpenApiCorpus::survivesEveryCut()
{
    const auto text = contentOf(QDir(QStringLiteral(MUSTER_CORPUS)).filePath(QStringLiteral("3.2/pass/mega.yaml")));
    QVERIFY(text.size() > 500);
    for (qsizetype length = 0; length < text.size(); ++length) {
        [[maybe_unused]] const auto report = inspected(text.first(length));
    }
}

QTEST_APPLESS_MAIN(TestOpenApiCorpus)
#include "tst_openapicorpus.moc"
