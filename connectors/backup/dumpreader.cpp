// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/dumpreader.h"

#include "connectors/backup/readback.h"
#include "connectors/backup/tarscan.h"
#include "connectors/files/durable.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace muster::backup {

namespace {

constexpr Millis kToolLimit{std::chrono::hours{24}};
constexpr std::size_t kTailBytes = 8192;
constexpr std::size_t kContentsLimit = std::size_t{16} << 20;

std::unexpected<Fault> damaged(const std::string &path, const std::string &what)
{
    return std::unexpected(Fault{FaultKind::Protocol, "read back", std::filesystem::path(path).filename().string() + ' ' + what,
                                 "Do not rely on this backup; make a new one and look at the disk."});
}

/// Keeps the end of a stream, and the tables that it creates.
class Tail {
public:
    bool add(std::string_view bytes, Work &work)
    {
        m_tables.add(bytes);
        m_end += bytes;
        if (m_end.size() > 4 * kTailBytes)
            m_end.erase(0, m_end.size() - kTailBytes);
        m_total += static_cast<double>(bytes.size());
        work.report({"reading back", m_total, {}, "B", {}});
        return true;
    }
    [[nodiscard]] const std::string &end() const { return m_end; }
    [[nodiscard]] const PlainTables &tables() const { return m_tables; }

private:
    PlainTables m_tables;
    std::string m_end;
    double m_total = 0;
};

std::expected<PlainTables, Fault> readPlain(const std::string &path, const DumpHeader &header, Work &work)
{
    Tail tail;
    if (header.compression.empty()) {
        std::ifstream file(path, std::ios::binary);
        std::string block(std::size_t{1} << 20U, '\0');
        while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
            if (work.stop().stop_requested())
                return std::unexpected(Fault{FaultKind::Cancelled, "read back", "cancelled", {}});
            tail.add({block.data(), static_cast<std::size_t>(file.gcount())}, work);
        }
        if (!file.eof())
            return damaged(path, "cannot be read to its end");
    } else {
        auto command = process::Host().command(decompressor(header.compression, path));
        command.onOutput = [&](std::string_view bytes) { return tail.add(bytes, work); };
        const auto finished = process::run(command, Deadline::after(kToolLimit), work.stop());
        if (!finished)
            return std::unexpected(finished.error());
        if (finished->ending == process::Ending::Cancelled)
            return std::unexpected(Fault{FaultKind::Cancelled, "read back", "cancelled", {}});
        if (!finished->isGood())
            return damaged(path, "cannot be read back: " + errorLines(finished->errors));
    }
    if (!isPlainEnd(tail.end(), header.isCluster))
        return damaged(path, "is cut: the closing comment is missing");
    return tail.tables();
}

std::string inTables(std::size_t count)
{
    return std::to_string(count) + (count == 1 ? " table" : " tables");
}

std::string emptyProblem(std::size_t serverTables)
{
    return "it holds no table; the server's database has " + std::to_string(serverTables);
}

/// The archive's table of contents.
std::expected<process::Finished, Fault> contentsOf(const std::string &path, const DumpHeader &header, const Tools &tools, const std::stop_token &stop)
{
    const process::Host here;
    auto list = here.command({tools.restore(), "--list"});
    list.outputLimit = kContentsLimit;
    if (!header.compression.empty()) // the decompressor may be cut off: the list needs only the beginning
        return runPipe(here.command(decompressor(header.compression, path)), std::move(list), header.compression, stop);
    list.arguments.insert(list.arguments.end(), {"--", path});
    return process::run(list, Deadline::after(kToolLimit), stop);
}

} // namespace

std::expected<void, Fault> scanTar(const std::string &path, const DumpHeader &header, Work &work)
{
    TarScan scan;
    auto command = process::Host().command(decompressor(header.compression, path));
    command.onOutput = [&](std::string_view bytes) {
        scan.add(bytes);
        return true;
    };
    const auto finished = process::run(command, Deadline::after(kToolLimit), work.stop());
    if (!finished)
        return std::unexpected(finished.error());
    if (finished->ending == process::Ending::Cancelled)
        return std::unexpected(Fault{FaultKind::Cancelled, "read back", "cancelled", {}});
    if (!finished->isGood())
        return damaged(path, "cannot be read back: " + errorLines(finished->errors));
    return scan.problem().empty() ? std::expected<void, Fault>() : damaged(path, "is damaged: " + scan.problem());
}

std::expected<process::Finished, Fault> runPipe(process::Command first, process::Command second, const std::string &firstTitle, const std::stop_token &stop)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return std::unexpected(files::systemFault("start", "pipe", errno));
    files::Descriptor reading(ends[0]);
    files::Descriptor writing(ends[1]);
    first.outputDescriptor = writing.get();
    second.inputDescriptor = reading.get();
    std::stop_source stopFirst;
    const std::stop_callback forward(stop, [&stopFirst] { stopFirst.request_stop(); });
    std::expected<process::Finished, Fault> firstEnd;
    std::jthread feeder([&] {
        firstEnd = process::run(first, Deadline::after(kToolLimit), stopFirst.get_token());
        writing.close(); // the end of the second's input
    });
    auto secondEnd = process::run(second, Deadline::after(kToolLimit), stop);
    // A tar ends with padding that nobody needs: what the second left is read off, or the first would end by SIGPIPE and a whole dump look damaged.
    std::array<char, 65536> rest{};
    while (secondEnd && secondEnd->isGood() && !stop.stop_requested() && ::read(reading.get(), rest.data(), rest.size()) > 0) { }
    reading.close(); // else a feeder that still writes gets SIGPIPE
    if (!secondEnd)
        stopFirst.request_stop();
    feeder.join();
    if (!secondEnd || !secondEnd->isGood())
        return secondEnd;
    if (!firstEnd)
        return std::unexpected(firstEnd.error());
    if (!firstEnd->isGood()) {
        firstEnd->errors = firstTitle + ": " + firstEnd->errors;
        return firstEnd;
    }
    return secondEnd;
}

std::expected<PlainTables, Fault> readDump(const std::string &path, const DumpHeader &header, const Tools *tools, Work &work)
{
    if (!header.problem.empty())
        return damaged(path, "is damaged: " + header.problem);
    if (!header.isArchive())
        return readPlain(path, header, work);
    if (!tools)
        return std::unexpected(Fault{FaultKind::Config, "tools", "there is no pg_restore of the dump's major", {}});
    if (header.compression.empty()) {
        const auto done = readArchive(tools->restore(), path, work.stop());
        return done ? std::expected<PlainTables, Fault>() : std::unexpected(done.error());
    }
    if (header.format == "tar") {
        if (const auto whole = scanTar(path, header, work); !whole)
            return std::unexpected(whole.error());
    }
    const process::Host here;
    const auto finished = runPipe(here.command(decompressor(header.compression, path)), here.command({tools->restore(), "--file=/dev/null"}), header.compression, work.stop());
    if (!finished)
        return std::unexpected(finished.error());
    if (finished->ending == process::Ending::Cancelled)
        return std::unexpected(Fault{FaultKind::Cancelled, "read back", "cancelled", {}});
    if (!finished->isGood() || !finished->errors.empty())
        return damaged(path, "cannot be read back: " + finished->describe() + ". " + errorLines(finished->errors));
    return {};
}

std::string identityProblem(std::string_view contents, const std::map<std::string, std::string> &serverTables)
{
    std::size_t named = 0;
    std::size_t known = 0;
    std::size_t same = 0;
    std::istringstream lines{std::string(contents)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string dump, catalogue, number, kind, schema, name;
        if (line.starts_with(';') || !(fields >> dump >> catalogue >> number >> kind >> schema >> name) || kind != "TABLE" || schema == "DATA" || catalogue != "1259")
            continue;
        ++named;
        const auto found = serverTables.find(schema + ' ' + name);
        known += found == serverTables.end() ? 0 : 1;
        same += found != serverTables.end() && found->second == number ? 1 : 0;
    }
    if (serverTables.empty() || same > 0 || contents.empty())
        return {};
    if (named == 0)
        return emptyProblem(serverTables.size());
    const auto all = inTables(named);
    return known == 0 ? "of another cluster: none of its " + all + " exists on the server" : "of another cluster: none of its " + all + " is the server's own, although names agree";
}

std::string identityProblem(const PlainTables &tables, const std::map<std::string, std::string> &serverTables)
{
    if (serverTables.empty())
        return {};
    if (tables.names().empty())
        return emptyProblem(serverTables.size());
    const bool isKnown = std::ranges::any_of(tables.names(), [&](const std::string &name) { return serverTables.contains(name); });
    return isKnown ? std::string() : "of another cluster: none of its " + inTables(tables.names().size()) + " exists on the server";
}

std::expected<void, Fault> compareIdentity(const std::string &path, const DumpHeader &header, const PlainTables &tables, const Tools *tools, Work &work)
{
    const auto serverTables = work.server()->tableNumbers(Deadline::after(Millis(5000)));
    if (!serverTables)
        return {}; // says nothing against the dump
    std::string problem;
    if (!header.isArchive()) {
        problem = identityProblem(tables, *serverTables);
    } else if (tools) {
        const auto contents = contentsOf(path, header, *tools, work.stop());
        problem = contents ? identityProblem(contents->output, *serverTables) : std::string();
    }
    return problem.empty() ? std::expected<void, Fault>() : std::unexpected(Fault{FaultKind::Protocol, "identity", problem, "See of which server and database this dump was made."});
}

} // namespace muster::backup
