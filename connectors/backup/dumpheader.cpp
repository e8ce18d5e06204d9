// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/dumpheader.h"

#include "connectors/backup/readback.h"
#include "connectors/backup/tarscan.h"
#include "connectors/files/durable.h"
#include "connectors/process/host.h"
#include "models/facts/walltime.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <functional>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::backup {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kHeadBytes = 65536; // the roles of a cluster, and what comes behind them
constexpr std::string_view kEmpty = "0 bytes";
constexpr std::size_t kTailBytes = 8192;
constexpr std::size_t kTextLimit = 1024;
constexpr Millis kHeadLimit{3000};

/// Integers are a sign byte and `intSize` bytes, lowest first; texts are an integer and so many bytes.
class Cursor {
public:
    explicit Cursor(std::string_view bytes) : m_bytes(bytes) { }

    int byte()
    {
        if (m_at >= m_bytes.size()) {
            m_isGood = false;
            return 0;
        }
        return static_cast<unsigned char>(m_bytes[m_at++]);
    }
    int integer()
    {
        const bool isNegative = byte() != 0;
        std::uint64_t value = 0; // wraps where an int would overflow
        for (int i = 0; i < m_intSize; ++i)
            value |= static_cast<std::uint64_t>(byte()) << (8 * std::min(i, 7));
        return static_cast<int>(isNegative ? 0 - value : value);
    }
    std::string text()
    {
        const auto length = integer();
        if (length < 0)
            return {};
        const auto size = static_cast<std::size_t>(length);
        if (size > kTextLimit || m_at + size > m_bytes.size()) {
            m_isGood = false;
            return {};
        }
        m_at += size;
        return std::string(m_bytes.substr(m_at - size, size));
    }
    void setIntSize(int size)
    {
        m_isGood = m_isGood && size >= 1 && size <= 8;
        m_intSize = m_isGood ? size : 0;
    }
    [[nodiscard]] bool isGood() const { return m_isGood; }

private:
    std::string_view m_bytes;
    std::size_t m_at = 0;
    int m_intSize = 4;
    bool m_isGood = true;
};

std::string readPiece(const std::string &path, bool isTail)
{
    const files::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    struct stat info {};
    if (!file || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
        return {};
    std::string bytes(kHeadBytes, '\0');
    if (isTail)
        bytes.resize(kTailBytes);
    const auto from = isTail ? std::max<off_t>(0, info.st_size - static_cast<off_t>(kTailBytes)) : 0;
    const auto got = ::pread(file.get(), bytes.data(), bytes.size(), from);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
}

std::string afterMark(std::string_view text, std::string_view mark)
{
    const auto at = text.find(mark);
    if (at == std::string_view::npos)
        return {};
    const auto rest = text.substr(at + mark.size());
    return std::string(rest.substr(0, std::min(rest.find('\n'), kTextLimit)));
}

/// "2026-01-31 12:00:00 UTC", as --verbose writes it; another zone's abbreviation cannot be trusted and is taken for ours.
std::optional<WallTime> parseTime(const std::string &text)
{
    std::tm date{};
    const char *rest = ::strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &date);
    if (!rest)
        return std::nullopt;
    date.tm_isdst = -1;
    const bool isUtc = std::string_view(rest) == " UTC" || std::string_view(rest) == " GMT";
    const auto at = isUtc ? ::timegm(&date) : ::mktime(&date);
    return at > 0 ? std::optional(WallTime(std::chrono::seconds(at))) : std::nullopt;
}

/// -- PostgreSQL database dump
/// -- Dumped from database version 15.18 (Debian 15.18-1)
std::optional<DumpHeader> plainHead(std::string_view head)
{
    const bool isCluster = head.find("-- PostgreSQL database cluster dump") != std::string_view::npos;
    if (!isCluster && head.find("-- PostgreSQL database dump") == std::string_view::npos)
        return std::nullopt;
    DumpHeader header;
    header.format = "plain";
    header.isCluster = isCluster;
    header.isWhole = isCluster && head.find("\n-- Databases\n") != std::string_view::npos;
    header.serverVersion = afterMark(head, "-- Dumped from database version ");
    header.toolVersion = afterMark(head, "-- Dumped by pg_dump version ");
    header.createdAt = parseTime(afterMark(head, "-- Started on "));
    constexpr std::string_view kConnect = "\n\\connect ";
    if (!isCluster)
        header.database = afterMark(head, kConnect);
    return header;
}

/// The first bytes behind a compression, and what the tool said when it could not read on.
std::pair<std::string, std::string> decompressedHead(const std::string &compression, const std::string &path, const std::stop_token &stop)
{
    const process::Host here;
    auto command = here.command(decompressor(compression, path));
    std::string head;
    command.onOutput = [&head](std::string_view bytes) {
        head += bytes.substr(0, kHeadBytes - std::min(kHeadBytes, head.size()));
        return head.size() < kHeadBytes;
    };
    const auto finished = process::run(command, Deadline::after(kHeadLimit), stop);
    if (!finished)
        return {head, finished.error().detail};
    const bool isRead = finished->isGood() || finished->ending == process::Ending::Enough;
    return {head, isRead ? std::string() : errorLines(finished->errors)};
}

/// A tar may be one of anything; an empty one is of nothing.
bool isNamedLikeADump(std::string_view name, bool isEmpty)
{
    if (isEmpty && name.ends_with(".tar"))
        return true;
    for (const std::string_view packed : {".gz", ".zst", ".zstd"}) {
        if (name.ends_with(packed)) {
            name.remove_suffix(packed.size());
            break;
        }
    }
    constexpr std::array<std::string_view, 7> kSuffixes{".sql", ".dump", ".pgdump", ".dmp", ".backup", ".bak", ".pg_dump"};
    return std::ranges::any_of(kSuffixes, [&](std::string_view suffix) { return name.ends_with(suffix); });
}

std::string compressionOf(std::string_view head)
{
    if (head.starts_with("\x1f\x8b"))
        return "gzip";
    return head.starts_with("\x28\xb5\x2f\xfd") ? "zstd" : "";
}

/// MTIME of a gzip member; pipes leave it 0.
std::optional<WallTime> gzipTime(std::string_view head)
{
    if (head.size() < 8)
        return std::nullopt;
    std::uint32_t at = 0;
    for (unsigned i = 0; i < 4; ++i)
        at |= static_cast<std::uint32_t>(static_cast<unsigned char>(head[4 + i])) << (8 * i);
    return at ? std::optional(WallTime(std::chrono::seconds(at))) : std::nullopt;
}

/// The first data file of a directory archive, "3350.dat.gz", for which it is true.
std::string dataFile(const std::string &path, const std::function<bool(const fs::directory_entry &)> &isWanted)
{
    constexpr int kLookedAt = 10000;
    std::error_code error;
    int count = 0;
    for (fs::directory_iterator it(path, error), end; !error && it != end && ++count <= kLookedAt; it.increment(error)) {
        const auto name = it->path().filename().string();
        const auto digits = name.find_first_not_of("0123456789");
        if (digits != 0 && digits != std::string::npos && std::string_view(name).substr(digits).starts_with(".dat") && isWanted(*it))
            return name;
    }
    return {};
}

/// Even no row at all takes some bytes; pg_restore takes a file of none for an empty table.
std::string emptyDataFile(const std::string &path)
{
    return dataFile(path, [](const fs::directory_entry &entry) {
        std::error_code error;
        return entry.file_size(error) == 0 && !error;
    });
}

std::optional<DumpHeader> unrecognised(const std::string &path, const std::string &compression, std::string problem, bool isUnended)
{
    if (!isNamedLikeADump(path, problem.starts_with(kEmpty)))
        return std::nullopt;
    DumpHeader header;
    header.compression = compression;
    header.problem = std::move(problem);
    header.isUnended = isUnended;
    return header;
}

std::optional<DumpHeader> compressed(const std::string &path, const std::string &packedHead, const std::stop_token &stop)
{
    const auto compression = compressionOf(packedHead);
    const auto [head, problem] = decompressedHead(compression, path, stop);
    auto header = parseHead(head);
    if (!header)
        return unrecognised(path, compression, !problem.empty() ? "cut or damaged: " + problem : head.empty() ? "empty: there is nothing behind its compression" : "it is no dump of PostgreSQL", !problem.empty());
    header->compression = compression;
    if (!problem.empty()) {
        header->problem = "cut or damaged: " + problem;
        header->isUnended = true;
    }
    if (!header->createdAt && compression == "gzip")
        header->createdAt = gzipTime(packedHead);
    return header;
}

} // namespace

std::optional<DumpHeader> parseArchiveHead(std::string_view bytes)
{
    if (!bytes.starts_with("PGDMP"))
        return std::nullopt;
    Cursor cursor(bytes.substr(5));
    const int major = cursor.byte();
    const int minor = cursor.byte();
    cursor.byte(); // revision
    cursor.setIntSize(cursor.byte());
    cursor.byte(); // size of an offset
    DumpHeader header;
    header.format = cursor.byte() == 1 ? "custom" : "tar"; // 3 stands in a directory's toc.dat as well
    const bool hasAlgorithmByte = major > 1 || (major == 1 && minor >= 15); // PostgreSQL 16
    if (hasAlgorithmByte)
        cursor.byte();
    else
        cursor.integer();
    std::tm date{};
    date.tm_sec = cursor.integer();
    date.tm_min = cursor.integer();
    date.tm_hour = cursor.integer();
    date.tm_mday = cursor.integer();
    date.tm_mon = cursor.integer();
    date.tm_year = cursor.integer();
    date.tm_isdst = cursor.integer();
    header.database = cursor.text();
    header.serverVersion = cursor.text();
    header.toolVersion = cursor.text();
    if (!cursor.isGood()) {
        header.problem = "cut: the head is incomplete";
        header.isUnended = true;
        return header;
    }
    // The tool wrote its local time; we can only take it for ours.
    if (const auto at = ::mktime(&date); at > 0)
        header.createdAt = wallTimeOf(static_cast<double>(at));
    return header;
}

std::optional<DumpHeader> recognise(const std::string &path, const std::stop_token &stop)
{
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0)
        return std::nullopt;
    if (S_ISDIR(info.st_mode)) {
        if (!isDumpFolder(path))
            return std::nullopt;
        auto header = parseArchiveHead(readPiece(path + "/toc.dat", false));
        if (!header) {
            header = DumpHeader{};
            header->problem = "toc.dat is missing or empty";
        } else if (const auto empty = emptyDataFile(path); header->problem.empty() && !empty.empty()) {
            header->problem = empty + " has 0 bytes";
            header->isUnended = true;
        }
        header->format = "directory";
        return header;
    }
    const auto head = readPiece(path, false);
    if (!compressionOf(head).empty())
        return compressed(path, head, stop);
    auto header = parseHead(head);
    if (!header)
        return unrecognised(path, {}, head.empty() ? std::string(kEmpty) + ": the tool wrote nothing" : std::string("it is no dump of PostgreSQL"), head.empty());
    if (header->format == "tar" && header->problem.empty()) {
        header->problem = tarProblem(path);
        header->isUnended = !header->problem.empty();
    }
    if (header->format == "plain" && !isPlainEnd(readPiece(path, true), header->isCluster)) {
        header->problem = "cut: the closing comment is missing";
        header->isUnended = true;
    }
    return header;
}

bool isDumpFolder(const std::string &path)
{
    return ::access((path + "/toc.dat").c_str(), F_OK) == 0 || !dataFile(path, [](const fs::directory_entry &) { return true; }).empty();
}

std::optional<DumpHeader> parseHead(std::string_view head)
{
    if (auto header = parseArchiveHead(head))
        return header;
    constexpr std::size_t kTarBlock = 512;
    if (head.size() > kTarBlock && head.compare(257, 5, "ustar") == 0 && head.starts_with(std::string_view("toc.dat\0", 8)))
        return parseArchiveHead(head.substr(kTarBlock));
    return plainHead(head);
}

bool isPlainEnd(std::string_view tail, bool isCluster)
{
    const std::string_view mark = isCluster ? "-- PostgreSQL database cluster dump complete" : "-- PostgreSQL database dump complete";
    const auto at = tail.rfind(mark);
    if (at == std::string_view::npos)
        return false;
    std::istringstream rest{std::string(tail.substr(at))};
    for (std::string line; std::getline(rest, line);) {
        if (!line.empty() && !line.starts_with("--") && !line.starts_with("\\unrestrict "))
            return false; // the words stood in a row of data
    }
    return true;
}

std::vector<std::string> decompressor(const std::string &compression, const std::string &path)
{
    if (compression.empty())
        return {};
    return {compression, "-dc", "--", path};
}

} // namespace muster::backup
