// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/samples/logsource.h"

#include "connectors/files/durable.h"
#include "models/format/format.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::samples {

namespace {

constexpr std::size_t kSampleBytes = 64 * 1024;
constexpr Millis kBudget{90000};

struct Tail {
    std::string bytes;
    bool isCut = false;   ///< the file is longer
    double writtenAt = 0; ///< Unix time of the last write, seconds
};

/// Follows symbolic links, as a log's name often is one; takes regular files only, so that no pipe can block the read.
std::expected<Tail, Fault> readTail(const std::string &path)
{
    const auto fault = [&](int error) {
        auto result = files::systemFault("file", path, error);
        result.hint = error == ENOENT ? "Correct the path in the section “logs”, or start the program that writes it." : "Let this account read the file.";
        return std::unexpected(std::move(result));
    };
    const files::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file)
        return fault(errno);
    struct stat info {};
    if (fstat(file.get(), &info) != 0)
        return fault(errno);
    if (!S_ISREG(info.st_mode))
        return std::unexpected(Fault{FaultKind::Config, "file", path + ": is no regular file", "Name the log file itself in the section “logs”."});
    const auto size = static_cast<std::size_t>(info.st_size);
    Tail tail{std::string(std::min(size, kSampleBytes), '\0'), size > kSampleBytes, static_cast<double>(info.st_mtim.tv_sec)};
    const auto got = pread(file.get(), tail.bytes.data(), tail.bytes.size(), static_cast<off_t>(size - tail.bytes.size()));
    if (got < 0)
        return fault(errno);
    tail.bytes.resize(static_cast<std::size_t>(got));
    return tail;
}

} // namespace

std::expected<FactBatch, Fault> LogSource::collect(Deadline, std::stop_token)
{
    const auto tail = readTail(m_target.path);
    if (!tail)
        return std::unexpected(tail.error());
    const auto sample = parseLog(tail->bytes, m_target.format, tail->isCut);
    FactBatch batch{m_target.id, Stamp::now(), {}};
    const auto newest = sample.newest > 0 ? sample.newest : tail->writtenAt;
    batch.add("log.age", std::max(0.0, toSeconds(batch.at.wall.time_since_epoch()) - newest), "s", kBudget,
              sample.newest > 0 ? "by the newest line's own time" : "by the file's time of change: no line says its time as in RFC 3339");
    const auto size = format::counted(static_cast<double>(sample.lines), "line", "lines") + " in the last " + std::to_string(tail->bytes.size()) + " bytes of " + m_target.path;
    if (sample.lines == 0 && tail->bytes.size() >= kSampleBytes) {
        const auto secret = secretIn(tail->bytes);
        batch.add("log.structured_ratio", 0.0, "ratio", kBudget, size + "; a line is longer than " + std::to_string(kSampleBytes) + " bytes");
        batch.add("log.secret_seen", !secret.empty(), "", kBudget, secret.empty() ? size : "it looks like " + secret + " (" + size + ")");
        return batch;
    }
    if (sample.lines == 0) {
        const Unknown none{"there is no whole line in the last " + std::to_string(tail->bytes.size()) + " bytes of the file", "Wait for the program to write."};
        batch.add("log.structured_ratio", none, "ratio", kBudget, size);
        batch.add("log.secret_seen", none, "", kBudget, size);
        return batch;
    }
    batch.add("log.structured_ratio", sample.structuredRatio(), "ratio", kBudget, size + (sample.firstProblem.empty() ? "" : "; " + sample.firstProblem));
    batch.add("log.secret_seen", !sample.secret.empty(), "", kBudget, sample.secret.empty() ? size : "it looks like " + sample.secret + " (" + size + ")");
    return batch;
}

std::vector<DoctorStage> LogSource::diagnose(Deadline, std::stop_token)
{
    const auto start = BootClock::now();
    const auto tail = readTail(m_target.path);
    const auto took = std::chrono::duration_cast<Millis>(BootClock::now() - start);
    if (!tail)
        return {{"file", false, tail.error().detail, tail.error().hint, took}};
    const auto sample = parseLog(tail->bytes, m_target.format, tail->isCut);
    std::vector<DoctorStage> stages{{"file", true, m_target.path, "", took}};
    stages.push_back({"lines", sample.firstProblem.empty(), std::to_string(sample.structured) + " of " + format::counted(static_cast<double>(sample.lines), "line is", "lines are") + " structured",
                      sample.firstProblem, Millis{0}});
    return stages;
}

} // namespace muster::samples
