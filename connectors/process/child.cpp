// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/process/child.h"

#include "connectors/process/spawn.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace muster::process {

namespace {

constexpr Millis kGrace{300};       // from SIGTERM to SIGKILL
constexpr Millis kDrainLimit{200};  // after the end: a grandchild may hold the pipe open
constexpr Millis kBlindPoll{20};    // without a pidfd (old kernel)
constexpr std::size_t kLineLimit = 4096;

/// One pipe: keeps the end of what comes, and cuts lines.
class Drain {
public:
    Drain(files::Descriptor descriptor, std::size_t limit, std::function<void(std::string_view)> onLine, std::function<bool(std::string_view)> onBytes = {})
        : m_descriptor(std::move(descriptor)), m_limit(limit), m_onLine(std::move(onLine)), m_onBytes(std::move(onBytes))
    {
    }

    [[nodiscard]] int descriptor() const { return m_descriptor.get(); } ///< -1 at its end, which poll() ignores
    [[nodiscard]] bool isOpen() const { return static_cast<bool>(m_descriptor); }
    [[nodiscard]] std::uint64_t total() const { return m_total; }
    [[nodiscard]] bool isEnough() const { return m_isEnough; }

    void read()
    {
        std::array<char, 65536> buffer{};
        while (m_descriptor) {
            const auto got = ::read(m_descriptor.get(), buffer.data(), buffer.size());
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0 && errno == EAGAIN)
                return;
            if (got <= 0) {
                m_descriptor.close();
                return;
            }
            take({buffer.data(), static_cast<std::size_t>(got)});
            if (got < static_cast<ssize_t>(buffer.size()))
                return;
        }
    }

    [[nodiscard]] std::string finish()
    {
        if (m_onLine && !m_line.empty())
            m_onLine(m_line);
        if (m_kept.size() > m_limit)
            m_kept.erase(0, m_kept.size() - m_limit);
        return std::move(m_kept);
    }

private:
    void take(std::string_view bytes)
    {
        m_total += bytes.size();
        if (m_onBytes && !m_isEnough)
            m_isEnough = !m_onBytes(bytes);
        m_kept += bytes;
        if (m_kept.size() > 2 * m_limit)
            m_kept.erase(0, m_kept.size() - m_limit);
        if (m_onLine)
            cutLines(bytes);
    }

    void cutLines(std::string_view bytes)
    {
        while (!bytes.empty()) {
            const auto end = bytes.find('\n');
            const auto piece = bytes.substr(0, end);
            m_line += piece.substr(0, kLineLimit - std::min(kLineLimit, m_line.size()));
            if (end == std::string_view::npos)
                return;
            m_onLine(m_line);
            m_line.clear();
            bytes.remove_prefix(end + 1);
        }
    }

    files::Descriptor m_descriptor;
    std::size_t m_limit;
    std::function<void(std::string_view)> m_onLine;
    std::function<bool(std::string_view)> m_onBytes;
    bool m_isEnough = false;
    std::string m_kept;
    std::string m_line;
    std::uint64_t m_total = 0;
};

/// Turns a stop request into something poll() sees.
class StopSignal {
public:
    explicit StopSignal(const std::stop_token &stop)
        : m_event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), m_callback(stop, Wake{m_event.get()})
    {
    }
    [[nodiscard]] int descriptor() const { return m_event.get(); }

private:
    struct Wake {
        int event;
        void operator()() const noexcept { ::eventfd_write(event, 1); }
    };
    files::Descriptor m_event;
    std::stop_callback<Wake> m_callback;
};

class Run {
public:
    Run(const Command &command, Started started, Deadline deadline, const std::stop_token &stop)
        : m_command(command)
        , m_pid(started.pid)
        , m_exit(std::move(started.exit))
        , m_input(std::move(started.input))
        , m_output(std::move(started.output), command.outputLimit, {}, command.onOutput)
        , m_errors(std::move(started.errors), command.outputLimit, command.onErrorLine)
        , m_deadline(deadline)
        , m_stop(stop)
        , m_stopSignal(stop)
    {
    }

    Finished wait()
    {
        const auto startedAt = BootClock::now();
        while (!hasEnded()) {
            enforceLimits();
            pollOnce();
            tick();
        }
        // The dead leader still holds the group's number: what is left of the group goes with it.
        ::kill(-m_pid, SIGKILL);
        Finished finished;
        reap(finished);
        drainRest();
        finished.output = m_output.finish();
        finished.errors = m_errors.finish();
        finished.outputBytes = m_output.total();
        finished.took = std::chrono::duration_cast<Millis>(BootClock::now() - startedAt);
        return finished;
    }

private:
    [[nodiscard]] bool hasEnded() const
    {
        siginfo_t info{};
        if (::waitid(P_PID, static_cast<id_t>(m_pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0)
            return errno == ECHILD; // somebody ignores SIGCHLD
        return info.si_pid == m_pid;
    }

    void enforceLimits()
    {
        const bool isStopped = m_stop.stop_requested();
        if (!m_forced && (isStopped || m_output.isEnough() || m_deadline.isOver())) {
            m_forced = isStopped ? Ending::Cancelled : m_output.isEnough() ? Ending::Enough : Ending::TimedOut;
            m_killAt = BootClock::now() + kGrace;
            ::kill(-m_pid, SIGTERM);
            ::kill(-m_pid, SIGCONT); // a stopped group would not see it
        }
        if (m_forced && BootClock::now() >= m_killAt)
            ::kill(-m_pid, SIGKILL);
    }

    void pollOnce()
    {
        auto left = m_forced ? kGrace : std::min(m_deadline.left(), m_command.tick);
        if (m_forced)
            left = std::max(Millis{10}, std::chrono::ceil<Millis>(m_killAt - BootClock::now()));
        if (!m_exit)
            left = std::min(left, kBlindPoll);
        std::array<pollfd, 4> polled{{{m_output.descriptor(), POLLIN, 0},
                                      {m_errors.descriptor(), POLLIN, 0},
                                      {m_exit.get(), POLLIN, 0},
                                      {m_forced ? -1 : m_stopSignal.descriptor(), POLLIN, 0}}};
        ::poll(polled.data(), polled.size(), static_cast<int>(left.count()));
        if (polled[0].revents != 0)
            m_output.read();
        if (polled[1].revents != 0)
            m_errors.read();
    }

    void tick()
    {
        if (!m_command.onTick || m_forced || BootClock::now() - m_lastTick < m_command.tick)
            return;
        m_command.onTick();
        m_lastTick = BootClock::now();
    }

    void reap(Finished &finished)
    {
        int status = 0;
        while (::waitpid(m_pid, &status, 0) < 0 && errno == EINTR) { }
        if (WIFEXITED(status))
            finished.exitStatus = WEXITSTATUS(status);
        if (WIFSIGNALED(status)) {
            finished.signal = WTERMSIG(status);
            finished.ending = Ending::Killed;
        }
        if (m_forced)
            finished.ending = *m_forced;
    }

    void drainRest()
    {
        const auto limit = Deadline::after(kDrainLimit);
        while ((m_output.isOpen() || m_errors.isOpen()) && !limit.isOver()) {
            std::array<pollfd, 2> polled{{{m_output.descriptor(), POLLIN, 0}, {m_errors.descriptor(), POLLIN, 0}}};
            ::poll(polled.data(), polled.size(), static_cast<int>(limit.left().count()));
            m_output.read();
            m_errors.read();
        }
    }

    const Command &m_command;
    pid_t m_pid;
    files::Descriptor m_exit;
    files::Descriptor m_input;
    Drain m_output;
    Drain m_errors;
    Deadline m_deadline;
    std::stop_token m_stop;
    StopSignal m_stopSignal;
    std::optional<Ending> m_forced;
    BootTime m_killAt{};
    BootTime m_lastTick{};
};

} // namespace

std::string Finished::describe() const
{
    switch (ending) {
    case Ending::Exited:
        return "exit status " + std::to_string(exitStatus);
    case Ending::Killed:
        return "killed by signal " + std::to_string(signal) + " (" + sigdescr_np(signal) + ')';
    case Ending::TimedOut:
        return "no end within its time";
    case Ending::Cancelled:
        return "cancelled";
    case Ending::Enough:
        return "ended by us";
    }
    return {};
}

std::expected<Finished, Fault> run(const Command &command, Deadline deadline, const std::stop_token &stop)
{
    if (stop.stop_requested())
        return std::unexpected(Fault{FaultKind::Cancelled, "start", command.program + ": cancelled before it began", {}});
    auto started = spawn(command);
    if (!started)
        return std::unexpected(started.error());
    return Run(command, std::move(*started), deadline, stop).wait();
}

std::vector<std::pair<std::string, std::string>> baseEnvironment()
{
    std::vector<std::pair<std::string, std::string>> environment{
        {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, {"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}};
    if (const char *home = std::getenv("HOME"))
        environment.emplace_back("HOME", home);
    return environment;
}

} // namespace muster::process
