// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/gui/fixture.h"

#include "models/readiness/profile.h"
#include "resources/readiness/defaultprofile.h"

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <thread>

namespace muster::test {

namespace {

const std::vector<std::string> kShop{"postgres/primary", "pgbouncer/pool", "redis/cache", "prometheus/main", "http/api", "smtp/main", "backup/nightly"};

class ScriptedFactory : public ActionFactory
{
public:
    ScriptedFactory(std::shared_ptr<ActionScript> script, std::shared_ptr<std::vector<SessionEndRequest>> ended) : m_script(std::move(script)), m_ended(std::move(ended)) {}
    std::unique_ptr<Action> backup(const std::string &) const override { return make(); }
    std::unique_ptr<Action> verifyBackup(const std::string &, const std::string &) const override { return make(); }
    std::unique_ptr<Action> flush(const FlushRequest &) const override { return make(); }
    std::unique_ptr<Action> mailTest(const MailTestRequest &) const override { return make(); }
    std::unique_ptr<Action> endSession(const SessionEndRequest &request) const override
    {
        if (m_ended)
            m_ended->push_back(request);
        return make();
    }
    std::unique_ptr<Action> loadTest(const LoadTestRequest &) const override { return make(); }

private:
    std::unique_ptr<Action> make() const { return m_script ? std::make_unique<FakeAction>(m_script) : nullptr; }
    std::shared_ptr<ActionScript> m_script;
    std::shared_ptr<std::vector<SessionEndRequest>> m_ended;
};

class FormulaHistory : public HistoryStore
{
public:
    std::expected<void, Fault> append(const HistoryEntry &) override { return {}; }
    std::expected<std::vector<HistoryPoint>, Fault> read(const std::string &series, WallTime from, WallTime to, std::size_t maxPoints) const override
    {
        std::vector<HistoryPoint> points;
        const bool isScore = series.find("score") == 0 || series.find("component") == 0;
        const auto step = (to - from) / std::ptrdiff_t(maxPoints);
        for (std::size_t i = 0; i < maxPoints; ++i) {
            const double x = double(i) / double(maxPoints);
            const double value = isScore ? (x < 0.6 ? 96.8 : x < 0.8 ? 93.5 : 90.4) : 0.9 + 0.05 * std::sin(20 * x);
            if (!isScore && x > 0.4 && x < 0.45)
                continue; // a gap
            points.push_back({from + step * std::ptrdiff_t(i), value, value, value, value});
        }
        return points;
    }
    std::expected<std::vector<HistoryEvent>, Fault> events(WallTime, WallTime to, std::size_t) const override
    {
        return std::vector<HistoryEvent>{{to - Millis(7'200'000), "database/automated-backups", "pass", "fail", "no usable backup for 27 h"},
                                         {to - Millis(3'600'000), "security/https-enforced", "pass", "fail", "http://api.shop.example answers 200"}};
    }
    std::expected<std::vector<HistoryDrop>, Fault> drops(WallTime, WallTime to, std::size_t) const override
    {
        const auto at = to - Millis(3'600'000);
        return std::vector<HistoryDrop>{{at, at - Millis(1000), {{93.5, 93.5}, Verdict::AtRisk}, {{90.4, 90.4}, Verdict::NotReady},
                                         {{at, "security/https-enforced", "pass", "fail", "http://api.shop.example answers 200", -1.0}, {at, "gate:https-not-enforced", "pass", "fail", "HTTPS is not enforced", 0}}}};
    }
    std::expected<HistoryEntry, Fault> latest() const override { return {}; }
};

struct Named {
    const char *name;
    Value value;
    const char *unit;
};

FactBatch batch(const std::string &source, std::vector<Named> facts)
{
    FactBatch batch{source, Stamp::now(), {}};
    for (Named &fact : facts)
        batch.add(fact.name, std::move(fact.value), fact.unit, Millis(30'000), std::string("> ") + fact.name + "\nas the server said it");
    return batch;
}

double wave(int round, double base, double swing)
{
    return base + swing * std::sin(round * 0.7) + 0.3 * swing * std::sin(round * 2.3);
}

FactBatch postgres(int round)
{
    Table sessions{{{"pid", ""}, {"user", ""}, {"database", ""}, {"application", ""}, {"state", ""}, {"wait", ""}, {"transaction_age", "s"}, {"query_age", "s"}, {"blocked_by", ""}, {"query", ""}}, {}, 200, false};
    for (int i = 0; i < 24; ++i)
        sessions.rows.push_back({4100.0 + i, std::string(i % 3 ? "shop" : "report"), std::string("shop"), std::string("api"), std::string(i % 4 ? "idle" : "active"), std::string(i == 3 ? "Lock: transactionid" : ""),
                                 i * 0.7, i * 0.2, i == 3 ? Cell(std::string("4100")) : Cell(), std::string("select * from orders where state = 'new' order by created_at limit 50")});
    Table slots{{{"name", ""}, {"type", ""}, {"active", ""}, {"retained", "B"}, {"wal_status", ""}}, {{std::string("old_reporting"), std::string("physical"), false, 3.1e9, std::string("extended")}}, 50, false};
    return batch("postgres/primary", {{"postgres.reachable", true, ""}, {"postgres.version", std::string("15.18"), ""}, {"postgres.version_num", 150018.0, "count"}, {"postgres.version_supported", true, ""},
                 {"postgres.role", std::string("primary"), ""}, {"postgres.is_read_only", false, ""}, {"postgres.rtt", wave(round, 0.0008, 0.0002), "s"}, {"postgres.connections_used", wave(round, 42, 9), "count"},
                 {"postgres.connections_used_ratio", wave(round, 0.43, 0.09), "ratio"}, {"postgres.cache_hit_ratio", wave(round, 0.985, 0.006), "ratio"}, {"postgres.commits_rate", wave(round, 310, 60), "1/s"},
                 {"postgres.transaction_longest", 4.2, "s"}, {"postgres.idle_in_transaction_longest", 0.0, "s"}, {"postgres.idle_in_transaction_count", 0.0, "count"}, {"postgres.blocked_count", 1.0, "count"},
                 {"postgres.xid_used_ratio", 0.081, "ratio"}, {"postgres.slot_retained_max", 3.1e9, "B"}, {"postgres.slots_bad", 1.0, "count"}, {"postgres.slot_worst", std::string("old_reporting"), ""},
                 {"postgres.archive_age", 41.0, "s"}, {"postgres.replication_lag", NotApplicable{"no standby is expected"}, "s"}, {"postgres.database_size", 41.2e9, "B"}, {"postgres.sessions", sessions, ""}, {"postgres.slots", slots, ""},
                 {"postgres.clock_skew", 0.1, "s"}, {"postgres.slow_statements", Unknown{"no permission to read pg_stat_statements", "GRANT pg_read_all_stats TO oncall;"}, ""}});
}

FactBatch redis(int round)
{
    Table prefixes{{{"prefix", ""}, {"sampled", "count"}, {"share", "ratio"}, {"keys_estimate", "count"}}, {{std::string("cache:api:"), 812.0, 0.81, 402000.0}, {std::string("sess:"), 150.0, 0.15, 74000.0}, {std::string("rl:"), 38.0, 0.04, 19000.0}}, 50, false};
    return batch("redis/cache", {{"redis.reachable", true, ""}, {"redis.version", std::string("7.0.15"), ""}, {"redis.hit_ratio", wave(round, 0.931, 0.02), "ratio"}, {"redis.hit_ratio_5m", 0.928, "ratio"},
                 {"redis.hit_ratio_1h", Unknown{"no traffic", ""}, "ratio"}, {"redis.lookups_rate", wave(round, 840, 120), "1/s"}, {"redis.operations_rate", wave(round, 1240, 200), "1/s"}, {"redis.rtt_p99", 0.0019, "s"},
                 {"redis.memory_used", wave(round, 1.4e9, 2e7), "B"}, {"redis.memory_used_ratio", 0.7, "ratio"}, {"redis.evictions_rate", 0.0, "1/s"}, {"redis.clients_connected", 31.0, "count"}, {"redis.keys", 495000.0, "count"},
                 {"redis.prefixes", prefixes, ""}, {"redis.limiter_keys", Unknown{"Redis user “oncall” may not run INFO", "ACL SETUSER oncall +info"}, "count"}, {"redis.slowlog", Unknown{"no permission", "ACL SETUSER oncall +slowlog|get"}, ""}});
}

FactBatch http(int round)
{
    Table hops{{{"url", ""}, {"address", ""}, {"status", "count"}, {"location", ""}, {"time", "s"}}, {{std::string("http://api.shop.example/"), std::string("203.0.113.7"), 200.0, std::string(), 0.031}, {std::string("https://api.shop.example/items"), std::string("203.0.113.7"), 200.0, std::string(), 0.044}}, 50, false};
    return batch("http/api", {{"http.reachable", true, ""}, {"http.https_enforced", false, ""}, {"http.redirect_chain", std::string("http://api.shop.example answers 200 instead of redirecting"), ""}, {"http.response_time", wave(round, 0.043, 0.012), "s"},
                 {"http.first_byte_time", wave(round, 0.036, 0.01), "s"}, {"http.tls_time", 0.012, "s"}, {"http.connect_time", 0.004, "s"}, {"http.dns_time", 0.0011, "s"}, {"tls.expires_in", 19.0 * 86400, "s"}, {"tls.version", std::string("TLSv1.3"), ""},
                 {"http.health_status", std::string("200 ok"), ""}, {"http.caching_ok", false, ""}, {"http.caching_why", std::string("/items sends no Cache-Control and no ETag"), ""}, {"http.hops", hops, ""}, {"http.health_ok", true, ""}, {"http.api_ok", true, ""},
                 {"tls.verified", true, ""}, {"tls.name_ok", true, ""}, {"tls.lifetime_left_ratio", 0.25, "ratio"}});
}

FactBatch backup(int)
{
    Table backups{{{"id", ""}, {"rung", ""}, {"finished_at", "epoch"}, {"age", "s"}, {"size", "B"}, {"files", "count"}, {"server_version", ""}, {"reason", ""}}, {}, 100, false};
    for (int i = 0; i < 6; ++i)
        backups.rows.push_back({"nightly-2026010" + std::to_string(9 - i), std::string(i == 0 ? "complete" : "verified"), 1.769e9 - i * 86400.0, 111600.0 + i * 86400.0, 41.2e9 - i * 4e8, 312.0, std::string("15.18"), std::string()});
    return batch("backup/nightly", {{"backup.directory_ok", true, ""}, {"backup.count", 6.0, "count"}, {"backup.newest_age", 111600.0, "s"}, {"backup.usable_age", 198000.0, "s"}, {"backup.usable_name", std::string("nightly-20260108"), ""},
                 {"backup.window", 93600.0, "s"}, {"backup.within_window", false, ""}, {"backup.free_bytes", 220e9, "B"}, {"backup.holder", std::string(), ""}, {"backup.schedule_seen", false, ""}, {"backup.backups", backups, ""}});
}

FactBatch smtp(int)
{
    Table stages{{{"stage", ""}, {"took", "s"}, {"code", "count"}, {"reply", ""}}, {{std::string("greeting"), 0.02, 220.0, std::string("220 mail ESMTP Postfix")}, {std::string("ehlo"), 0.01, 250.0, std::string("250 STARTTLS")}, {std::string("starttls"), 0.04, 220.0, std::string("220 ready")}}, 20, false};
    return batch("smtp/main", {{"smtp.reachable", true, ""}, {"smtp.ready", true, ""}, {"smtp.connect_time", 0.021, "s"}, {"smtp.tls_required_met", true, ""}, {"smtp.auth_ok", true, ""}, {"smtp.sender_ok", true, ""}, {"smtp.recipients_ok", true, ""}, {"smtp.stages", stages, ""}});
}

Answer good(FactBatch (*make)(int))
{
    return [make](int round) -> std::expected<FactBatch, Fault> { return make(round); };
}

Answer refusing(const std::string &id)
{
    return [id](int) -> std::expected<FactBatch, Fault> {
        return std::unexpected(Fault{FaultKind::Refused, "tcp", id + ": connection refused by 127.0.0.1:1", "Start the server, or correct the address in the environment file."});
    };
}

void describe(EnvironmentInfo &environment, const GuiSetup &setup)
{
    environment.name = setup.name;
    environment.kind = setup.kind;
    environment.path = setup.path;
    environment.waivers = setup.waived;
    for (const std::string &id : setup.declared)
        environment.sources.push_back({id, std::string(kindOf(id)), std::string(instanceOf(id)), std::string(instanceOf(id)) + ".shop.example"});
    if (setup.declared.empty())
        return;
    environment.caches = {{"cache", "cache", {"cache:api:", "sess:", "rl:"}, 0}};
    environment.backups = {{"nightly", "primary", "/srv/backups", "pg_dump", Millis(93'600'000), 7}};
    environment.mail = {true, "mail.shop.example:587", "alerts@shop.example", {"oncall@shop.example"}, "starttls"};
}

} // namespace

std::shared_ptr<HistoryStore> syntheticHistory()
{
    return std::make_shared<FormulaHistory>();
}

GuiSetup shopSetup()
{
    GuiSetup setup;
    setup.declared = kShop;
    setup.sources = {{"postgres/primary", good(postgres)}, {"redis/cache", good(redis)}, {"http/api", good(http)}, {"backup/nightly", good(backup)}, {"smtp/main", good(smtp)},
                     {"pgbouncer/pool", refusing("pgbouncer/pool")}, {"prometheus/main", refusing("prometheus/main")}};
    setup.action = flushScript(40);
    setup.history = syntheticHistory();
    return setup;
}

GuiSetup faultSetup()
{
    GuiSetup setup;
    setup.declared = kShop;
    for (const std::string &id : kShop)
        setup.sources[id] = refusing(id);
    return setup;
}

GuiSetup silentSetup()
{
    GuiSetup setup;
    setup.declared = kShop;
    return setup;
}

GuiSetup emptySetup()
{
    return {};
}

GuiSetup hostileSetup(const std::string &text)
{
    GuiSetup setup;
    setup.name = text.substr(0, 300);
    setup.declared = {"redis/cache", "postgres/primary"};
    setup.sources["redis/cache"] = [text](int) -> std::expected<FactBatch, Fault> {
        FactBatch batch{"redis/cache", Stamp::now(), {}};
        const Table table{{{"prefix", ""}, {text, text}}, {{text, text}, {text, 1.0}}, 10, true};
        batch.add("redis.version", text, "", Millis(30'000), text);
        batch.add("redis.hit_ratio", Unknown{text, text}, "ratio", Millis(30'000), text);
        batch.add("redis.prefixes", table, "", Millis(30'000), text);
        batch.add(text.substr(0, 200), text, "", Millis(30'000), text);
        return batch;
    };
    setup.sources["postgres/primary"] = [text](int) -> std::expected<FactBatch, Fault> { return std::unexpected(Fault{FaultKind::Protocol, text, text, text}); };
    setup.action = flushScript(3);
    setup.action->plan->title = text;
    setup.action->plan->identity = text;
    setup.action->plan->command = text;
    setup.action->plan->changes = {{text, text}};
    setup.action->plan->checks = {{text, PlanCheckState::Warned, text}};
    return setup;
}

GuiSession makeSession(GuiSetup setup)
{
    GuiSession made;
    made.audit = std::make_shared<FakeAudit>();
    Session::Parts parts;
    describe(parts.environment, setup);
    auto profile = Profile::parse(defaultProfileJson());
    if (!profile) {
        std::cerr << profile.error() << '\n';
        std::abort();
    }
    parts.profile = std::move(*profile);
    for (const auto &[id, answer] : setup.sources) {
        auto script = std::make_shared<SourceScript>();
        script->answer = answer;
        parts.sources.push_back(std::make_unique<FakeSource>(id, Cadence{Millis(1000), Millis(2000), Millis(1000)}, script));
    }
    parts.actions = std::make_unique<ScriptedFactory>(setup.action, setup.ended);
    parts.audit = made.audit;
    parts.history = setup.history;
    parts.waivers = setup.waivers;
    parts.reports = setup.reports;
    made.session = std::make_unique<Session>(std::move(parts));
    return made;
}

std::shared_ptr<ActionScript> flushScript(int steps)
{
    auto script = std::make_shared<ActionScript>();
    Plan plan;
    plan.action = "flush";
    plan.title = "Delete keys that start with “cache:api:” from cache";
    plan.target = "redis/cache";
    plan.identity = "run_id 4f1c…9b2e · cache1:6379 · master";
    plan.changes = {{"Keys", "about 402 000 of 495 000 (81 %), sampled"}, {"Sample", "cache:api:/items?page=1, cache:api:/items?page=2"}};
    plan.checks = {{"The server is the one of the environment", PlanCheckState::Passed, "run_id matches"}, {"The server is a writable primary", PlanCheckState::Passed, ""}, {"Hit rate will fall until the cache is warm", PlanCheckState::Warned, "93.1 % now"}};
    plan.command = "SCAN 0 MATCH cache:api:* COUNT 1000, UNLINK in batches of 500, slower when PING p99 passes 15 ms";
    plan.isDestructive = true;
    plan.made = Stamp::now();
    script->plan = plan;
    script->canPause = true;
    script->run = [steps](const Plan &, RunControl &control) {
        for (int i = 1; i <= steps && !control.isCancelled(); ++i) {
            control.report({"deleting", i * 10'000.0, steps * 10'000.0, "keys", i % 5 ? "" : "p99 3.1 ms, batch 500"});
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        Outcome outcome;
        outcome.kind = control.isCancelled() ? OutcomeKind::Cancelled : OutcomeKind::Succeeded;
        outcome.summary = control.isCancelled() ? "Stopped by the operator." : "All keys with the prefix are gone.";
        outcome.details = {{"Deleted", "402 118 keys"}, {"Took", "8.2 s"}, {"Left with the prefix", "0"}};
        return outcome;
    };
    script->verify = [](const Plan &, Outcome outcome) { return outcome; };
    return script;
}

} // namespace muster::test
