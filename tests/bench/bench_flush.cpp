// SPDX-License-Identifier: GPL-3.0-or-later
// Flush by prefix against redis-cli and bare pipelined clients, in one run on one server: times, ratios, and what another client's GET felt;
// then that client's percentiles against the speed of the flush, for page sizes and limits.
//   bench_flush             20 k of 100 k keys, one round (smoke)
//   bench_flush --million   200 k of 1 M keys, three rounds
//   bench_flush --ten       2 M of 10 M keys, one round (1.2 GB of memory)
//   bench_flush --full      both
#include "connectors/redis/flushaction.h"
#include "connectors/redis/redisinfoparser.h"
#include "tests/integration/rediskit.h"

#include <QProcess>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <thread>

using namespace muster;
using namespace muster::test;
using redis::Micros;

namespace {

struct Size {
    int matching = 20'000;
    int others = 80'000;
    int rounds = 1;
};

/// COUNT of the bare clients.
constexpr std::array kBareCounts{1000, 2000, 4000};

struct Measured {
    std::vector<Micros> times;
    std::vector<Micros> waits;       ///< of another client
    std::vector<Micros> serverTimes; ///< CPU of the server's main thread
};

Micros serverTime(RedisAdmin &admin)
{
    const auto info = redis::parseInfo(admin.call({"INFO", "cpu"}).text);
    return Micros(static_cast<long long>((info.number("used_cpu_user_main_thread").value_or(0) + info.number("used_cpu_sys_main_thread").value_or(0)) * 1e6));
}

/// Another client: GET every two milliseconds while it lives.
class Bystander {
public:
    explicit Bystander(const redis::Target &target)
        : m_thread([this, target](const std::stop_token &stop) {
            net::Interrupter interrupter;
            auto client = redis::RedisClient::connect(target, Deadline::after(Millis{5000}), interrupter);
            while (client && !stop.stop_requested()) {
                const auto sent = BootClock::now();
                if (!(*client)->call({"GET", "sess:0"}, Deadline::after(Millis{60'000})))
                    return;
                waits.push_back(std::chrono::ceil<Micros>(BootClock::now() - sent));
                std::this_thread::sleep_for(std::chrono::milliseconds(2));
            }
        })
    {
    }
    void join()
    {
        m_thread.request_stop();
        m_thread.join();
    }
    std::vector<Micros> waits;

private:
    std::jthread m_thread;
};

bool refill(RedisAdmin &admin, const Size &size)
{
    const bool isKept = admin.call({"DBSIZE"}).integer == size.others && admin.call({"EXISTS", "cache:0"}).integer == 0; // by the way before
    return (isKept || (admin.call({"FLUSHALL", "SYNC"}).isStatus("OK") && admin.fill("sess:", size.others))) && admin.fill("cache:", size.matching);
}

template<class F>
bool measure(Measured &into, RedisAdmin &admin, const redis::Target &target, const Size &size, F work)
{
    if (!refill(admin, size))
        return false;
    const auto before = serverTime(admin);
    Bystander bystander(target);
    const auto started = BootClock::now();
    const bool isDone = work();
    into.times.push_back(std::chrono::ceil<Micros>(BootClock::now() - started));
    bystander.join();
    into.serverTimes.push_back(serverTime(admin) - before);
    into.waits.insert(into.waits.end(), bystander.waits.begin(), bystander.waits.end());
    return isDone && admin.call({"DBSIZE"}).integer == size.others;
}

/// What is not the run itself is handed out: an operator reads the plan in between, and redis-cli verifies nothing.
struct Aside {
    Micros planning{0};
    Micros verifying{0};
    std::string took; ///< as the outcome says it
};

bool flushByConsole(const redis::Target &target, Aside &aside, Millis maxLatency = FlushRequest().maxLatency, double stageShare = 0)
{
    FlushRequest request;
    request.pattern = "cache:";
    request.maxLatency = maxLatency;
    request.stageShare = stageShare;
    redis::FlushAction action(target, request);
    RunControl control({}, [](const Progress &) {});
    auto started = BootClock::now();
    const auto plan = action.preflight(Deadline::after(Millis{15'000}), {});
    if (!plan || !plan->isAllowed())
        return false;
    aside.planning = std::chrono::ceil<Micros>(BootClock::now() - started);
    auto outcome = action.run(*plan, control);
    started = BootClock::now();
    outcome = action.verify(*plan, outcome, control);
    aside.verifying = std::chrono::ceil<Micros>(BootClock::now() - started);
    aside.took = detailOf(outcome, "Took");
    return outcome.kind == OutcomeKind::Succeeded;
}

/// redis-cli --scan --pattern 'cache:*' | xargs redis-cli unlink
bool flushByRedisCli(const TestServers &servers)
{
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("REDISCLI_AUTH"), servers.text(u"redis", u"adminPassword"));
    const auto port = QString::number(servers.port(u"redis"));
    QProcess scan;
    QProcess unlink;
    scan.setProcessEnvironment(environment);
    unlink.setProcessEnvironment(environment);
    scan.setStandardOutputProcess(&unlink);
    unlink.setStandardOutputFile(QProcess::nullDevice());
    scan.start(QStringLiteral("redis-cli"), {QStringLiteral("-p"), port, QStringLiteral("--scan"), QStringLiteral("--pattern"), QStringLiteral("cache:*")});
    unlink.start(QStringLiteral("xargs"), {QStringLiteral("redis-cli"), QStringLiteral("-p"), port, QStringLiteral("unlink")});
    return scan.waitForFinished(-1) && unlink.waitForFinished(-1) && unlink.exitCode() == 0;
}

/// A plain client with pages of a fixed size and no regard for others: SCAN(next) + UNLINK in one write.
bool flushBare(const redis::Target &target, int count)
{
    net::Interrupter interrupter;
    const auto limit = Deadline::after(Millis{600'000});
    auto client = redis::RedisClient::connect(target, limit, interrupter);
    if (!client || !(*client)->send(redis::encode(redis::scanCommand(0, count, "cache:*")), limit))
        return false;
    int unlinks = 0;
    for (bool isOver = false; !isOver;) {
        auto reply = (*client)->receive(limit);
        if (!reply)
            return false;
        if (reply->isInteger()) {
            --unlinks;
            continue;
        }
        const auto page = redis::scanPage(std::move(*reply));
        if (!page)
            return false;
        isOver = page->cursor == 0;
        auto buffer = isOver ? std::string() : redis::encode(redis::scanCommand(page->cursor, count, "cache:*"));
        if (!page->keys.empty()) {
            redis::Command command{"UNLINK"};
            command.insert(command.end(), page->keys.begin(), page->keys.end());
            buffer += redis::encode(command);
            ++unlinks;
        }
        if (!buffer.empty() && !(*client)->send(buffer, limit))
            return false;
    }
    for (; unlinks > 0; --unlinks) {
        if (!(*client)->receive(limit))
            return false;
    }
    return true;
}

double milliseconds(Micros value)
{
    return static_cast<double>(value.count()) / 1000;
}

void print(const char *name, const Measured &measured, Micros reference)
{
    const auto time = redis::percentile(measured.times, 0.5);
    std::printf("%-34s %9.0f ms  %6.2f x   server CPU %6.0f ms   GET p50 %7.2f  p99 %7.2f  max %7.2f ms  (%zu)\n", name, milliseconds(time),
                static_cast<double>(reference.count()) / static_cast<double>(std::max<long long>(1, time.count())), milliseconds(redis::percentile(measured.serverTimes, 0.5)),
                milliseconds(redis::percentile(measured.waits, 0.5)), milliseconds(redis::percentile(measured.waits, 0.99)),
                milliseconds(redis::percentile(measured.waits, 1)), measured.waits.size());
}

struct Server {
    const TestServers &servers;
    const redis::Target &target;
    RedisAdmin &admin;
};

/// Each way in turn, so that what else the machine does hits all of them.
bool compare(const Server &server, const Size &size)
{
    Measured console;
    Measured redisCli;
    std::array<Measured, kBareCounts.size()> bare;
    Measured plan;
    Measured verify;
    bool isGood = true;
    Aside aside;
    for (int i = 0; i < size.rounds; ++i) {
        isGood &= measure(redisCli, server.admin, server.target, size, [&] { return flushByRedisCli(server.servers); });
        isGood &= measure(console, server.admin, server.target, size, [&] { return flushByConsole(server.target, aside); });
        console.times.back() -= aside.planning + aside.verifying;
        plan.times.push_back(aside.planning);
        verify.times.push_back(aside.verifying);
        for (std::size_t way = 0; way < bare.size(); ++way)
            isGood &= measure(bare[way], server.admin, server.target, size, [&] { return flushBare(server.target, kBareCounts[way]); });
    }
    const auto reference = redis::percentile(redisCli.times, 0.5);
    std::printf("flush %d of %d keys by prefix, %d round(s), medians; factor against redis-cli\n", size.matching, size.matching + size.others, size.rounds);
    print("redis-cli --scan | xargs unlink", redisCli, reference);
    print("console's run", console, reference);
    std::printf("%-34s %s\n", "  last round", aside.took.c_str());
    auto fastest = redis::percentile(bare.front().times, 0.5);
    for (std::size_t way = 0; way < bare.size(); ++way) {
        print(("bare client, COUNT " + std::to_string(kBareCounts[way])).c_str(), bare[way], reference);
        fastest = std::min(fastest, redis::percentile(bare[way].times, 0.5));
    }
    std::printf("%-34s %9.0f ms\n", "console's preflight (a sample)", milliseconds(redis::percentile(plan.times, 0.5)));
    std::printf("%-34s %9.0f ms\n", "console's verification (a 2nd scan)", milliseconds(redis::percentile(verify.times, 0.5)));
    const auto run = static_cast<double>(redis::percentile(console.times, 0.5).count());
    std::printf("console %.2f x the fastest bare client (aim: at most 1.3), redis-cli %.1f x the console (aim: at least 3)\n", run / static_cast<double>(fastest.count()),
                static_cast<double>(reference.count()) / run);
    return isGood;
}

/// What another client waits, against the speed of the flush.
bool drawCurve(const Server &server, const Size &size, bool isStagedToo)
{
    bool isGood = true;
    Aside aside;
    double baseline = 0;
    const auto row = [&](const std::string &name, const Measured &measured, bool isCalm = false) {
        const auto speed = isCalm ? 0 : size.matching / (static_cast<double>(measured.times.front().count()) / 1e6);
        const auto p99 = milliseconds(redis::percentile(measured.waits, 0.99));
        baseline = isCalm ? p99 : baseline;
        std::printf("  %-40s %10.0f keys/s   p50 %7.2f  p99 %7.2f  max %7.2f ms   %5.1f x\n", name.c_str(), speed, milliseconds(redis::percentile(measured.waits, 0.5)), p99,
                    milliseconds(redis::percentile(measured.waits, 1)), baseline > 0 ? p99 / baseline : 0);
    };
    std::printf("another client's GET while %d of %d keys go; p99 against its baseline (aim of the governed ones: under 5 ms or 2 x)\n", size.matching, size.matching + size.others);
    isGood &= refill(server.admin, size);
    Measured idle;
    Bystander calm(server.target);
    std::this_thread::sleep_for(std::chrono::milliseconds(size.rounds > 1 ? 5000 : 1000));
    calm.join();
    idle.waits = calm.waits;
    row("nothing", idle, true);
    for (const int count : {100, 1000, 4000, 10'000, 100'000}) {
        Measured measured;
        isGood &= measure(measured, server.admin, server.target, size, [&] { return flushBare(server.target, count); });
        row("free running, COUNT " + std::to_string(count), measured);
    }
    const auto governed = [&](const std::string &name, Millis limit, double share) {
        Measured measured;
        isGood &= measure(measured, server.admin, server.target, size, [&] { return flushByConsole(server.target, aside, limit, share); });
        measured.times.back() -= aside.planning + aside.verifying;
        row(name, measured);
    };
    for (const int limit : {1000, 15, 5, 2})
        governed("governed, limit " + std::to_string(limit) + " ms" + (limit == 15 ? " (default)" : ""), Millis(limit), 0);
    if (isStagedToo)
        governed("in stages, 100 % a minute", FlushRequest().maxLatency, 1);
    return isGood;
}

} // namespace

int main(int argc, char **argv)
{
    const std::string mode = argc > 1 ? argv[1] : "";
    TestServers servers({QStringLiteral("redis")});
    if (!servers.isRunning()) {
        std::fprintf(stderr, "%s\n", servers.errorText());
        return 1;
    }
    const auto target = redisTarget(servers, u"redis", true);
    RedisAdmin admin(target);
    (void)admin.call({"CONFIG", "SET", "save", ""}); // a fork in the middle would be measured too
    const Server server{servers, target, admin};
    const bool isLarge = mode == "--full" || mode == "--million";
    const auto first = isLarge ? Size{200'000, 800'000, 3} : Size{};
    bool isGood = mode == "--ten" || (compare(server, first) && drawCurve(server, first, isLarge));
    if (mode == "--full" || mode == "--ten")
        isGood &= compare(server, {2'000'000, 8'000'000, 1});
    std::puts(isGood ? "every way left exactly the other keys" : "A WAY LEFT THE WRONG KEYS");
    return isGood ? 0 : 1;
}
