// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/backup/owner.h"

#include "connectors/files/durable.h"
#include "models/facts/clock.h"
#include "models/format/format.h"

#include <nlohmann/json.hpp>

#include <array>
#include <fstream>
#include <sstream>

#include <unistd.h>

namespace muster::backup {

namespace {

std::string firstLine(const std::string &path)
{
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

std::string hostName()
{
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

/// 0 when there is no such process, or only its zombie. "1234 (muster) S 1 ...": the name may hold anything, so the fields count from its last ')'.
std::uint64_t startTicksOf(pid_t pid)
{
    const auto line = firstLine("/proc/" + std::to_string(pid) + "/stat");
    const auto end = line.rfind(')');
    if (end == std::string::npos)
        return 0;
    std::istringstream fields(line.substr(end + 1));
    constexpr int kStartTime = 22, kState = 3;
    std::string field;
    for (int number = kState; number <= kStartTime && fields >> field; ++number) {
        if (number == kState && (field == "Z" || field == "X"))
            return 0;
    }
    return std::strtoull(field.c_str(), nullptr, 10);
}

} // namespace

Owner Owner::self(const std::string &operatorName)
{
    return {::getpid(), startTicksOf(::getpid()), firstLine("/proc/sys/kernel/random/boot_id"), hostName(), operatorName, format::iso(Stamp::now().wall)};
}

std::string Owner::toJson() const
{
    return nlohmann::ordered_json{{"pid", pid},   {"start_ticks", startTicks},  {"boot_id", bootId},
                                  {"host", host}, {"operator", operatorName}, {"started", startedAt}}
               .dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
        + '\n';
}

std::expected<Owner, std::string> Owner::parse(const std::string &bytes)
{
    const auto object = nlohmann::json::parse(bytes, nullptr, false);
    const auto text = [&](const char *key) {
        return object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : std::string();
    };
    if (!object.is_object() || !object.contains("pid") || !object["pid"].is_number_integer() || !object.contains("start_ticks")
        || !object["start_ticks"].is_number_unsigned())
        return std::unexpected("the owner's mark is not readable");
    return Owner{object["pid"].get<pid_t>(), object["start_ticks"].get<std::uint64_t>(), text("boot_id"), text("host"), text("operator"), text("started")};
}

bool Owner::isOnThisHost() const
{
    return host == hostName();
}

bool Owner::isAlive() const
{
    return bootId == firstLine("/proc/sys/kernel/random/boot_id") && startTicks != 0 && startTicksOf(pid) == startTicks;
}

} // namespace muster::backup
