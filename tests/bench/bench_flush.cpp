// SPDX-License-Identifier: GPL-3.0-or-later
// Flush by prefix against redis-cli, in one run on one server: prints times, ratios and what another client's PING felt.
//   bench_flush          20 k of 100 k keys, one round (smoke)
//   bench_flush --full   200 k of 1 M keys, three rounds
#include "connectors/redis/flushaction.h"
#include "connectors/redis/redisinfoparser.h"
#include "tests/integration/rediskit.h"

#include <QProcess>

#include <algorithm>
#include <cstdio>
#include <cstring>
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

struct Measured {
    std::vector<Micros> times;
    std::vector<Micros> pings;
    std::vector<Micros> serverTimes; ///< CPU of the server's main thread
};

Micros serverTime(RedisAdmin &admin)
{
    const auto info = redis::parseInfo(admin.call({"INFO", "cpu"}).text);
    return Micros(static_cast<long long>((info.number("used_cpu_user_main_thread").value_or(0) + info.number("used_cpu_sys_main_thread").value_or(0)) * 1e6));
}

/// Another client: PING every two milliseconds while it lives.
class Bystander {
public:
    explicit Bystander(const redis::Target &target)
        : m_thread([this, target](const std::stop_token &stop) {
            net::Interrupter interrupter;
            auto client = redis::RedisClient::connect(target, Deadline::after(Millis{5000}), interrupter);
            while (client && !stop.stop_requested()) {
                const auto sent = BootClock::now();
                if (!(*client)->call({"PING"}, Deadline::after(Millis{60'000})))
                    return;
                pings.push_back(std::chrono::ceil<Micros>(BootClock::now() - sent));
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
    std::vector<Micros> pings;

private:
    std::jthread m_thread;
};

bool refill(RedisAdmin &admin, const Size &size)
{
    return admin.call({"FLUSHALL", "SYNC"}).isStatus("OK") && admin.fill("cache:", size.matching) && admin.fill("sess:", size.others);
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
    into.pings.insert(into.pings.end(), bystander.pings.begin(), bystander.pings.end());
    return isDone && admin.call({"DBSIZE"}).integer == size.others;
}

/// What is not the run itself is handed out: an operator reads the plan in between, and redis-cli verifies nothing.
struct Aside {
    Micros planning{0};
    Micros verifying{0};
    std::string took; ///< as the outcome says it
};

bool flushByConsole(const redis::Target &target, Aside &aside)
{
    FlushRequest request;
    request.pattern = "cache:";
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
    const auto limit = Deadline::after(Millis{120'000});
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
    std::printf("%-34s %9.0f ms  %6.2f x   server CPU %6.0f ms   PING p50 %7.2f  p99 %7.2f  max %7.2f ms  (%zu)\n", name, milliseconds(time),
                static_cast<double>(reference.count()) / static_cast<double>(std::max<long long>(1, time.count())), milliseconds(redis::percentile(measured.serverTimes, 0.5)),
                milliseconds(redis::percentile(measured.pings, 0.5)), milliseconds(redis::percentile(measured.pings, 0.99)),
                milliseconds(redis::percentile(measured.pings, 1)), measured.pings.size());
}

} // namespace

int main(int argc, char **argv)
{
    const Size size = argc > 1 && std::strcmp(argv[1], "--full") == 0 ? Size{200'000, 800'000, 3} : Size{};
    TestServers servers({QStringLiteral("redis")});
    if (!servers.isRunning()) {
        std::fprintf(stderr, "%s\n", servers.errorText());
        return 1;
    }
    const auto target = redisTarget(servers, u"redis", true);
    RedisAdmin admin(target);
    (void)admin.call({"CONFIG", "SET", "save", ""}); // a fork in the middle would be measured too
    Measured idle;
    Measured console;
    Measured redisCli;
    Measured bare;
    Measured plan;
    Measured verify;
    bool isGood = true;
    Aside aside;
    for (int i = 0; i < size.rounds; ++i) {
        isGood &= measure(redisCli, admin, target, size, [&] { return flushByRedisCli(servers); });
        isGood &= measure(console, admin, target, size, [&] { return flushByConsole(target, aside); });
        console.times.back() -= aside.planning + aside.verifying;
        plan.times.push_back(aside.planning);
        verify.times.push_back(aside.verifying);
        isGood &= measure(bare, admin, target, size, [&] { return flushBare(target, 1000); });
    }
    Bystander calm(target);
    std::this_thread::sleep_for(std::chrono::milliseconds(1000));
    calm.join();
    idle.pings = calm.pings;
    idle.times.push_back(Micros{1'000'000});
    const auto reference = redis::percentile(redisCli.times, 0.5);
    std::printf("flush %d of %d keys by prefix, %d round(s), medians; factor against redis-cli\n", size.matching, size.matching + size.others, size.rounds);
    print("redis-cli --scan | xargs unlink", redisCli, reference);
    print("console's run", console, reference);
    std::printf("%-34s %s\n", "  last round", aside.took.c_str());
    print("bare client, COUNT 1000", bare, reference);
    std::printf("%-34s %9.0f ms\n", "console's preflight (a sample)", milliseconds(redis::percentile(plan.times, 0.5)));
    std::printf("%-34s %9.0f ms\n", "console's verification (a 2nd scan)", milliseconds(redis::percentile(verify.times, 0.5)));
    print("nothing (1 s)", idle, Micros{0});
    std::puts(isGood ? "every way left exactly the other keys" : "A WAY LEFT THE WRONG KEYS");
    return isGood ? 0 : 1;
}
