// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/dumpheader.h"

#include "connectors/files/durable.h"

#include <algorithm>
#include <ctime>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::backup {

namespace {

constexpr std::size_t kHeadBytes = 8192;
constexpr std::size_t kTextLimit = 1024;

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
        std::int64_t value = 0;
        for (int i = 0; i < m_intSize; ++i)
            value |= static_cast<std::int64_t>(byte()) << (8 * std::min(i, 7));
        return static_cast<int>(isNegative ? -value : value);
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
    const auto from = isTail ? std::max<off_t>(0, info.st_size - static_cast<off_t>(kHeadBytes)) : 0;
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

/// -- PostgreSQL database dump
/// -- Dumped from database version 15.18 (Debian 15.18-1)
std::optional<DumpHeader> plainHead(const std::string &path, std::string_view head)
{
    const bool isCluster = head.find("-- PostgreSQL database cluster dump") != std::string_view::npos;
    if (!isCluster && head.find("-- PostgreSQL database dump") == std::string_view::npos)
        return std::nullopt;
    DumpHeader header;
    header.format = "plain";
    header.serverVersion = afterMark(head, "-- Dumped from database version ");
    header.toolVersion = afterMark(head, "-- Dumped by pg_dump version ");
    // Since 15.14 a line \unrestrict may follow the comment.
    const auto end = isCluster ? "-- PostgreSQL database cluster dump complete" : "-- PostgreSQL database dump complete";
    if (readPiece(path, true).find(end) == std::string::npos)
        header.problem = "cut: the closing comment is missing";
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
        return header;
    }
    // The tool wrote its local time; we can only take it for ours.
    if (const auto at = ::mktime(&date); at > 0)
        header.createdAt = WallTime(std::chrono::seconds(at));
    return header;
}

std::optional<DumpHeader> recognise(const std::string &path)
{
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0)
        return std::nullopt;
    if (S_ISDIR(info.st_mode)) {
        auto header = parseArchiveHead(readPiece(path + "/toc.dat", false));
        if (header)
            header->format = "directory";
        return header;
    }
    const auto head = readPiece(path, false);
    if (auto header = parseArchiveHead(head))
        return header;
    constexpr std::size_t kTarBlock = 512;
    if (head.size() > kTarBlock && head.compare(257, 5, "ustar") == 0 && std::string_view(head.c_str()) == "toc.dat") {
        auto header = parseArchiveHead(std::string_view(head).substr(kTarBlock));
        return header;
    }
    if (head.starts_with("\x1f\x8b") && (path.ends_with(".gz") || path.ends_with(".tgz")))
        return DumpHeader{"gzip", {}, {}, {}, {}, {}};
    if (head.starts_with("\x28\xb5\x2f\xfd"))
        return DumpHeader{"zstd", {}, {}, {}, {}, {}};
    return plainHead(path, head);
}

} // namespace muster::backup
