// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/audit/jsonlauditlog.h"

#include "models/ports/deadline.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <deque>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::audit {

namespace {

constexpr Millis kLockLimit{3000};
constexpr Millis kLockStep{10};

Fault auditFault(Fault fault)
{
    fault.stage = "audit";
    if (fault.hint.empty())
        fault.hint = "Actions stay refused until the audit log can be written.";
    return fault;
}

/// flock() with an end: another console may hang with the lock held.
std::expected<void, Fault> lock(int descriptor, int kind, const std::string &path)
{
    const auto limit = Deadline::after(kLockLimit);
    while (::flock(descriptor, kind | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return std::unexpected(auditFault(files::systemFault("audit", path, errno)));
        if (limit.isOver())
            return std::unexpected(Fault{FaultKind::Timeout, "audit", path + ": another process holds its lock for more than 3 s",
                                         "Find it with `fuser " + path + "` and end it if it hangs."});
        std::this_thread::sleep_for(kLockStep);
    }
    return {};
}

/// Complete lines.
std::size_t countLines(int descriptor)
{
    std::array<char, 65536> buffer{};
    std::size_t lines = 0;
    off_t at = 0;
    for (ssize_t got = 0; (got = ::pread(descriptor, buffer.data(), buffer.size(), at)) > 0; at += got)
        lines += static_cast<std::size_t>(std::count(buffer.begin(), buffer.begin() + got, '\n'));
    return lines;
}

std::string headPath(const std::string &path)
{
    return path + ".head";
}

} // namespace

JsonlAuditLog::JsonlAuditLog(std::string path, std::string operatorName) : m_path(std::move(path)), m_operator(std::move(operatorName)) { }

std::expected<void, Fault> JsonlAuditLog::intent(const std::string &id, const std::string &environment, const Plan &plan, const std::string &reason)
{
    Line line;
    line.entry = {id, "intent", Stamp::now().wall, m_operator, environment, plan.action, plan.target, plan.title, {}, reason, 0};
    line.identity = plan.identity;
    line.command = plan.command;
    line.planHash = hashOf(plan);
    return append(std::move(line));
}

std::expected<void, Fault> JsonlAuditLog::outcome(const std::string &id, const std::string &environment, const Plan &plan, const Outcome &outcome, Millis took)
{
    Line line;
    line.entry = {id,          "outcome",       Stamp::now().wall, m_operator, environment, plan.action, plan.target, outcome.summary,
                  std::string(toString(outcome.kind)), {}, toSeconds(took)};
    line.identity = plan.identity;
    line.planHash = hashOf(plan);
    return append(std::move(line));
}

std::expected<void, Fault> JsonlAuditLog::append(Line line)
{
    const std::scoped_lock guard(m_mutex);
    if (auto made = files::makeFolders(std::filesystem::path(m_path).parent_path().string()); !made)
        return std::unexpected(auditFault(made.error()));
    auto log = openLog(O_RDWR | O_APPEND | O_CREAT);
    if (!log)
        return std::unexpected(log.error());
    if (auto locked = lock(log->get(), LOCK_EX, m_path); !locked)
        return locked;
    return writeLine(log->get(), std::move(line));
}

std::expected<void, Fault> JsonlAuditLog::writeLine(int descriptor, Line line) const
{
    const auto tail = tailOf(descriptor);
    if (!tail)
        return std::unexpected(auditFault(tail.error()));
    const auto head = readHead();
    // The head is behind after a crash between the two writes, and ahead when the log's end was cut off; then the new line
    // names the lost one as its predecessor, so that the gap shows for ever.
    const auto before = tail->hash == head.hash ? head.lines : countLines(descriptor);
    line.previous = before < head.lines ? head.hash : tail->hash;
    const auto sealed = sealLine(line);
    // A torn line is left as it is, for verify() to name; ours starts on a line of its own.
    auto written = files::writeAll(descriptor, (tail->isTorn ? "\n" : "") + sealed + '\n', m_path);
    if (written && ::fsync(descriptor) != 0)
        written = std::unexpected(files::systemFault("audit", m_path, errno));
    if (!written) {
        // A full disk must not leave half a line: nothing of it was ever shown to anybody as written.
        [[maybe_unused]] const int cut = ::ftruncate(descriptor, static_cast<off_t>(tail->size));
        return std::unexpected(auditFault(written.error()));
    }
    if (tail->size == 0) {
        if (auto synced = files::syncFolder(std::filesystem::path(m_path).parent_path().string()); !synced)
            return std::unexpected(auditFault(synced.error()));
    }
    const auto reopened = openLine(sealed);
    const auto lines = before + (tail->isTorn ? 2 : 1);
    auto kept = files::replaceFile(headPath(m_path), std::to_string(lines) + ' ' + (reopened ? reopened->hash : std::string()) + '\n');
    return kept ? std::expected<void, Fault>() : std::unexpected(auditFault(kept.error()));
}

std::expected<files::Descriptor, Fault> JsonlAuditLog::openLog(int flags) const
{
    files::Descriptor log(::open(m_path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0600));
    if (!log)
        return std::unexpected(auditFault(files::systemFault("audit", m_path, errno)));
    struct stat info {};
    if (::fstat(log.get(), &info) != 0 || !S_ISREG(info.st_mode))
        return std::unexpected(Fault{FaultKind::Config, "audit", m_path + ": is not a regular file", "Move it away; the console writes a new log."});
    return log;
}

std::expected<JsonlAuditLog::Tail, Fault> JsonlAuditLog::tailOf(int descriptor) const
{
    struct stat info {};
    if (::fstat(descriptor, &info) != 0)
        return std::unexpected(files::systemFault("audit", m_path, errno));
    Tail tail;
    tail.size = static_cast<std::uint64_t>(info.st_size);
    const auto length = std::min<std::uint64_t>(tail.size, 2 * kLineLimit);
    std::string bytes(length, '\0');
    if (length > 0 && ::pread(descriptor, bytes.data(), length, static_cast<off_t>(tail.size - length)) != static_cast<ssize_t>(length))
        return std::unexpected(files::systemFault("audit", m_path, EIO));
    if (bytes.empty())
        return tail;
    tail.isTorn = bytes.back() != '\n';
    // The last line that proves itself; a torn one behind it does not.
    std::string_view rest = bytes;
    while (!rest.empty()) {
        if (rest.back() == '\n')
            rest.remove_suffix(1);
        const auto start = rest.rfind('\n') + 1; // npos + 1 = 0
        if (const auto line = openLine(rest.substr(start))) {
            tail.hash = line->hash;
            break;
        }
        rest = rest.substr(0, start);
    }
    return tail;
}

JsonlAuditLog::Head JsonlAuditLog::readHead() const
{
    Head head;
    const auto bytes = files::readFile(headPath(m_path), 256);
    if (!bytes)
        return head;
    const auto [end, error] = std::from_chars(bytes->data(), bytes->data() + bytes->size(), head.lines);
    if (error == std::errc() && end + 1 < bytes->data() + bytes->size())
        head.hash = std::string(end + 1, bytes->data() + bytes->size() - 1);
    return head;
}

std::expected<void, Fault> JsonlAuditLog::forEachLine(const std::function<void(std::string_view)> &take) const
{
    auto log = openLog(O_RDONLY);
    if (!log)
        return std::unexpected(log.error());
    if (auto locked = lock(log->get(), LOCK_SH, m_path); !locked)
        return locked;
    std::string pending;
    std::array<char, 65536> buffer{};
    while (true) {
        const auto got = ::read(log->get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return std::unexpected(auditFault(files::systemFault("audit", m_path, errno)));
        if (got == 0)
            break;
        pending.append(buffer.data(), static_cast<std::size_t>(got));
        std::size_t start = 0;
        for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n', start)) {
            take(std::string_view(pending).substr(start, end - start));
            start = end + 1;
        }
        pending.erase(0, start);
        if (pending.size() > 2 * kLineLimit)
            pending.resize(kLineLimit + 1); // stays too long to be a line of ours
    }
    if (!pending.empty())
        take(pending);
    return {};
}

std::expected<std::vector<AuditEntry>, Fault> JsonlAuditLog::read(std::size_t limit) const
{
    const std::scoped_lock guard(m_mutex);
    if (::access(m_path.c_str(), F_OK) != 0 && errno == ENOENT)
        return std::vector<AuditEntry>();
    std::deque<AuditEntry> entries;
    auto done = forEachLine([&](std::string_view text) {
        if (auto line = openLine(text)) {
            entries.push_back(std::move(line->entry));
        } else {
            AuditEntry broken;
            broken.phase = "broken";
            broken.summary = "not to be trusted: " + line.error();
            entries.push_back(std::move(broken));
        }
        if (entries.size() > limit)
            entries.pop_front();
    });
    if (!done)
        return std::unexpected(done.error());
    return std::vector<AuditEntry>(std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
}

std::expected<AuditVerdict, Fault> JsonlAuditLog::verify() const
{
    const std::scoped_lock guard(m_mutex);
    const auto head = readHead();
    ChainVerifier verifier;
    if (::access(m_path.c_str(), F_OK) != 0 && errno == ENOENT)
        return verifier.finish(head.hash, head.lines);
    if (auto done = forEachLine([&](std::string_view line) { verifier.add(line); }); !done)
        return std::unexpected(done.error());
    return verifier.finish(head.hash, head.lines);
}

} // namespace muster::audit
