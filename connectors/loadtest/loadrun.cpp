// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/loadtest/loadrun.h"

#include "connectors/files/durable.h"
#include "connectors/http/url.h"
#include "connectors/process/child.h"
#include "models/format/format.h"

#include <QStandardPaths>
#include <QString>
#include <QTemporaryDir>

#include <array>
#include <charconv>
#include <cmath>
#include <fcntl.h>
#include <unistd.h>

namespace muster::loadtest {

namespace {

constexpr Millis kGrace{15000}; // for answers that are late, before the tool itself is ended
constexpr double kPatience = 5; // seconds until a server that says nothing is given up; also the limit of one answer

std::string decimal(double value)
{
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, 6).ptr;
    return {text.data(), end};
}

/// The log file while the tool writes it.
class Tail {
public:
    explicit Tail(std::string path) : m_path(std::move(path)) {}

    void read(LoadLog &log)
    {
        if (!m_file)
            m_file = files::Descriptor(open(m_path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
        std::array<char, 16384> bytes{};
        for (ssize_t got = 1; m_file && got > 0;) {
            got = ::read(m_file.get(), bytes.data(), bytes.size());
            if (got > 0)
                log.feed({bytes.data(), static_cast<std::size_t>(got)});
        }
    }

private:
    std::string m_path;
    files::Descriptor m_file;
};

} // namespace

std::expected<std::string, Fault> findTool()
{
    const auto path = QStandardPaths::findExecutable(QStringLiteral("h2load"));
    if (path.isEmpty())
        return std::unexpected(Fault{FaultKind::Config, "start", "h2load is not installed", "apt install nghttp2-client"});
    return path.toStdString();
}

std::vector<std::string> toolArguments(const Target &target, const Pace &pace, const std::string &address, const std::string &logFile)
{
    const auto url = http::Url::parse(target.endpoint.url).value_or(http::Url{});
    // The connections begin one step of the rate apart, and each then asks once in as many steps as there are connections.
    const auto step = std::max(1L, std::lround(1000 / pace.rate));
    std::vector<std::string> arguments{"--requests=" + std::to_string(pace.requests), "--clients=" + std::to_string(pace.clients), "--max-concurrent-streams=1",
                                       "--rate=1", "--rate-period=" + std::to_string(step) + "ms", "--rps=" + decimal(pace.rate / pace.clients),
                                       "--connection-inactivity-timeout=" + std::to_string(static_cast<int>(kPatience + pace.interval()) + 1),
                                       "--no-tls-proto=http/1.1", "--connect-to=" + address, "--log-file=" + logFile,
                                       "--header=user-agent: muster/" MUSTER_VERSION " load test by " + target.sender};
    for (const auto &path : target.endpoint.api.empty() ? std::vector<std::string>{"/"} : target.endpoint.api)
        arguments.push_back(url.withPath(path).text());
    return arguments;
}

std::string reasonToStop(const LoadLog &log, const Pace &pace, double p95Limit, double elapsed)
{
    if (log.answers() >= kJudgedFrom) {
        if (log.errorShare() > kErrorShare)
            return format::ratio(log.errorShare()) + " of " + std::to_string(log.answers()) + " requests failed (limit " + format::ratio(kErrorShare) + ")";
        if (const auto p95 = log.percentile(0.95); p95 > p95Limit)
            return "95 % of the requests took up to " + format::duration(p95) + " (limit " + format::duration(p95Limit) + ")";
    }
    const double due = std::min((elapsed - kPatience) * pace.rate, static_cast<double>(pace.requests));
    if (due >= 1 && static_cast<double>(log.answers()) < due / 2)
        return "only " + std::to_string(log.answers()) + " of " + std::to_string(static_cast<long>(due)) + " requests that were due " + format::duration(kPatience) + " ago are answered";
    return {};
}

std::expected<Result, Fault> runLoad(const std::string &tool, const Target &target, const Pace &pace, const std::string &address, const RunControl &control,
                                     const std::stop_token &stop)
{
    QTemporaryDir folder;
    if (!folder.isValid())
        return std::unexpected(Fault{FaultKind::Unavailable, "start", "no temporary folder: " + folder.errorString().toStdString(), {}});
    const auto logFile = folder.filePath(QStringLiteral("requests.tsv")).toStdString();
    Result result;
    result.pace = pace;
    result.begun = Stamp::now().wall;
    const auto begun = BootClock::now();
    Tail tail(logFile);
    std::stop_source own;
    const std::stop_callback onStop(stop, [&own] { own.request_stop(); });
    process::Command command;
    command.program = tool;
    command.arguments = toolArguments(target, pace, address, logFile);
    command.environment = process::baseEnvironment();
    command.onTick = [&] {
        tail.read(result.log);
        control.report({"running", static_cast<double>(result.log.answers()), static_cast<double>(pace.requests), "requests", figures(result.log)});
        if (result.stopped.empty())
            result.stopped = reasonToStop(result.log, pace, toSeconds(target.p95), toSeconds(BootClock::now() - begun));
        if (!result.stopped.empty())
            own.request_stop();
    };
    const auto finished = process::run(command, Deadline::after(pace.duration + kGrace), own.get_token());
    result.ended = Stamp::now().wall;
    tail.read(result.log);
    if (!finished)
        return std::unexpected(finished.error());
    if (stop.stop_requested())
        return std::unexpected(Fault{FaultKind::Cancelled, "run", "cancelled after " + std::to_string(result.log.answers()) + " answers", {}});
    if (result.stopped.empty() && !finished->isGood())
        result.stopped = "h2load ended with " + finished->describe();
    return result;
}

} // namespace muster::loadtest
