// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/facts/fault.h"
#include "models/ports/deadline.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster::process {

/// One run of a child tool: no shell, no inherited environment, no inherited descriptor, stdin /dev/null, umask 077, a process group of its own.
/// The child is told to end (SIGTERM) when the thread that started it dies, so a killed console leaves no orphan.
struct Command {
    std::string program;                ///< absolute path
    std::vector<std::string> arguments; ///< without the program's name; never a secret: everybody can read them
    std::vector<std::pair<std::string, std::string>> environment; ///< all that the child sees
    std::string folder = "/";           ///< working directory
    std::size_t outputLimit = std::size_t{64} << 10; ///< kept of stdout and of stderr, each: the end of it; more is read and dropped
    int passedDescriptor = -1;          ///< becomes the child's descriptor 3; stays ours
    int inputDescriptor = -1;           ///< becomes its stdin instead of /dev/null; stays ours
    bool isInputHeld = false;           ///< its stdin is a pipe that stays open, and empty, as long as we live
    int outputDescriptor = -1;          ///< becomes its stdout, of which nothing is kept then; stays ours
    std::function<bool(std::string_view)> onOutput; ///< each piece of stdout as it comes, on the calling thread; false = enough, the group is ended
    std::function<void(std::string_view)> onErrorLine; ///< each line of stderr as it comes, cut at 4 KiB; on the calling thread
    std::function<void()> onTick;       ///< about every `tick`, on the calling thread; must return soon
    Millis tick{250};
};

enum class Ending : std::uint8_t {
    Exited,
    Killed,    ///< by a signal that was not ours
    TimedOut,  ///< the deadline passed; the group was ended
    Cancelled, ///< a stop was requested; the group was ended
    Enough,    ///< onOutput had enough
};

struct Finished {
    Ending ending = Ending::Exited;
    int exitStatus = -1; ///< Exited
    int signal = 0;      ///< Killed
    std::string output;
    std::string errors;
    std::uint64_t outputBytes = 0; ///< all that came, kept or not
    Millis took{0};

    [[nodiscard]] bool isGood() const { return ending == Ending::Exited && exitStatus == 0; }
    /// "exit status 1", "killed by signal 9 (Killed)", "no end within its time", "cancelled".
    [[nodiscard]] std::string describe() const;
};

/// Runs it to its end. Blocks the calling thread. A Fault (stage "start") means that nothing ran: no such program, no right to run it.
/// The group gets SIGTERM at the deadline or a stop request and SIGKILL 300 ms later.
[[nodiscard]] std::expected<Finished, Fault> run(const Command &command, Deadline deadline, const std::stop_token &stop = {});

/// PATH, HOME, LC_ALL=C.UTF-8 and TZ=UTC: what tools need to find their own files, and messages that can be read.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> baseEnvironment();

} // namespace muster::process
