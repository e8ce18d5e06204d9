// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/prometheus/exposition.h"

#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <string>

using namespace muster::prometheus;

namespace {

constexpr std::size_t kSize = 50UL * 1000 * 1000;

/// Histograms, counters, gauges and a summary, as instrumented services write them; clean to promtool's linter.
std::string generated(bool isOpen, std::size_t &series)
{
    std::string out;
    out.reserve(kSize + 100000);
    series = 0;
    const auto line = [&](const std::string &text) {
        out += text + "\n";
        ++series;
    };
    const auto head = [&](const std::string &name, const char *type, const char *help) { out += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n"; };
    const auto decimal = [](double value) { return QByteArray::number(value, 'g', 12).toStdString(); };
    const auto bounds = {"0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "+Inf"};
    for (int service = 0; out.size() < kSize; ++service) {
        const auto prefix = "service" + std::to_string(service) + "_";
        const auto histogram = prefix + "http_request_duration_seconds";
        head(histogram, "histogram", "Time of a request, by handler, method and code.");
        for (int i = 0; i < 400 && out.size() < kSize; ++i) {
            const auto labels = "{code=\"" + std::to_string(200 + i % 5) + "\",handler=\"/api/v1/items/" + std::to_string(i) + "\",method=\"" + (i % 2 ? "GET" : "POST") + "\"";
            int count = 0;
            for (const auto *bound : bounds)
                line(histogram + "_bucket" + labels + ",le=\"" + bound + "\"} " + std::to_string(count += 17 + i));
            line(histogram + "_sum" + labels + "} " + decimal(count * 0.0713));
            line(histogram + "_count" + labels + "} " + std::to_string(count));
        }
        head(prefix + (isOpen ? "bytes_sent" : "bytes_sent_total"), "counter", "Bytes sent to clients.");
        for (int i = 0; i < 500; ++i)
            line(prefix + "bytes_sent_total{instance=\"10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ":9100\",zone=\"eu-1\"} " + decimal(1.25e9 + i * 1234.5));
        head(prefix + "queue_depth", "gauge", "Jobs that wait.");
        for (int i = 0; i < 500; ++i)
            line(prefix + "queue_depth{queue=\"q" + std::to_string(i) + "\"} " + decimal(i * 0.5));
    }
    if (isOpen)
        out += "# EOF\n";
    return out;
}

/// Seconds of a program that reads the file from its standard input; < 0 when it could not run.
double timeOf(const QString &program, const QStringList &arguments, const QString &input, QByteArray *output = nullptr)
{
    QProcess process;
    process.setStandardInputFile(input);
    process.setProcessChannelMode(QProcess::MergedChannels);
    QElapsedTimer timer;
    timer.start();
    process.start(program, arguments);
    if (!process.waitForFinished(300000) || process.exitStatus() != QProcess::NormalExit)
        return -1;
    const double seconds = static_cast<double>(timer.nsecsElapsed()) / 1e9;
    if (output)
        *output = process.readAll();
    return seconds;
}

double bestOf(int rounds, const std::string &bytes, Format format, std::size_t expected)
{
    double best = 1e9;
    for (int i = 0; i < rounds; ++i) {
        QElapsedTimer timer;
        timer.start();
        const auto seen = parseExposition(bytes, format, Mode::Strict);
        best = std::min(best, static_cast<double>(timer.nsecsElapsed()) / 1e9); // one thread: wall time is a core's time
        if (!seen.isGood() || seen.series != expected)
            return -1;
    }
    return best;
}

} // namespace

/// One 50 MB file, in one run: this parser (strict), promtool and wc.
class BenchExposition : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readsFarFasterThanPromtool();
    void readsOpenMetrics();
};

void BenchExposition::readsFarFasterThanPromtool()
{
    std::size_t series = 0;
    const auto bytes = generated(false, series);
    QTemporaryDir folder;
    QFile file(folder.filePath(QStringLiteral("metrics.txt")));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes.data(), static_cast<qint64>(bytes.size())) == static_cast<qint64>(bytes.size()));
    file.close();
    const double megabytes = static_cast<double>(bytes.size()) / 1e6;
    QByteArray lint;
    const double wc = timeOf(QStringLiteral("wc"), {QStringLiteral("-l")}, file.fileName());
    double promtool = 1e9; // the better of two
    for (int i = 0; i < 2; ++i)
        promtool = std::min(promtool, timeOf(QStringLiteral("promtool"), {QStringLiteral("check"), QStringLiteral("metrics")}, file.fileName(), &lint));
    const double mine = bestOf(5, bytes, Format::Text, series);
    QVERIFY2(wc > 0 && promtool > 0 && mine > 0, lint.left(500).constData());
    QVERIFY2(!lint.contains("error"), lint.left(500).constData());
    qInfo("%.1f MB, %zu series: this parser %.3f s (%.0f MB/s), promtool check metrics %.2f s (%.1f MB/s), wc -l %.3f s; %.0f times promtool", megabytes, series, mine,
          megabytes / mine, promtool, megabytes / promtool, wc, promtool / mine);
}

void BenchExposition::readsOpenMetrics()
{
    std::size_t series = 0;
    const auto bytes = generated(true, series);
    const double mine = bestOf(5, bytes, Format::OpenMetrics, series);
    QVERIFY(mine > 0);
    const double rate = static_cast<double>(bytes.size()) / 1e6 / mine;
    qInfo("OpenMetrics, all rules checked: %.3f s (%.0f MB/s)", mine, rate);
}

QTEST_GUILESS_MAIN(BenchExposition)
#include "bench_exposition.moc"
