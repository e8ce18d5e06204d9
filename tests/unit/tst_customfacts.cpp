// SPDX-License-Identifier: GPL-3.0-or-later
#include "connectors/http/custompointer.h"
#include "connectors/postgres/customquery.h"
#include "connectors/prometheus/customexpression.h"
#include "connectors/redis/customcommand.h"
#include "models/facts/customfact.h"
#include "models/presenters/vitals.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace muster;

namespace {

CustomFact factNamed(const std::string &name, Millis every = Millis{60000})
{
    return {name, "postgres/primary", "count", {"select 1"}, every, every * 3};
}

redis::Reply word(const std::string &text)
{
    return {redis::Reply::Kind::Status, 0, text, {}};
}

redis::Reply list(std::vector<redis::Reply> elements)
{
    return {redis::Reply::Kind::Array, 0, {}, std::move(elements)};
}

/// What COMMAND INFO says of one command.
redis::Reply described(const std::string &name, const std::vector<std::string> &flags, const std::vector<std::string> &categories = {})
{
    std::vector<redis::Reply> flagWords;
    std::vector<redis::Reply> categoryWords;
    for (const auto &flag : flags)
        flagWords.push_back(word(flag));
    for (const auto &category : categories)
        categoryWords.push_back(word(category));
    const redis::Reply number{redis::Reply::Kind::Integer, 1, {}, {}};
    return list({word(name), number, list(flagWords), number, number, number, list(categoryWords)});
}

std::string reasonOf(const Value &value)
{
    const auto *unknown = std::get_if<Unknown>(&value);
    return unknown ? unknown->reason : std::string("known");
}

} // namespace

/// When a fact of the environment's own is asked for, and what an answer means. Real servers: tst_customsources.
class TestCustomFacts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void asksWhatIsDueAndNothingElse();
    void failedQuestionLeavesTheOthersAlone();
    void waitsForTheNextRoundWithoutTime();
    void knowsItsOwnNames();
    void readsRows();
    void readsSamples();
    void readsReplies();
    void sendsOnlyWhatTheServerCallsReading();
    void readsJsonAtAPointer();
    void areUnknownBeforeTheFirstAnswer();
};

void TestCustomFacts::asksWhatIsDueAndNothingElse()
{
    CustomFacts facts({factNamed("shop.a"), factNamed("shop.b", Millis{1})});
    const auto round = [&] {
        FactBatch batch;
        facts.collect(batch, Deadline::after(Millis{60000}), [](const CustomFact &, Deadline) { return CustomAnswer{2.0, {}}; });
        return batch.facts.size();
    };
    QCOMPARE(round(), std::size_t{2});
    QCOMPARE(round(), std::size_t{1}); // only the one of each millisecond
    facts.wantAll();
    QCOMPARE(round(), std::size_t{2});
}

void TestCustomFacts::failedQuestionLeavesTheOthersAlone()
{
    CustomFacts facts({factNamed("shop.a"), factNamed("shop.b")});
    FactBatch batch;
    facts.collect(batch, Deadline::after(Millis{60000}), [](const CustomFact &fact, Deadline) -> std::expected<CustomAnswer, Fault> {
        if (fact.name == "shop.a")
            return std::unexpected(Fault{FaultKind::Protocol, "query", "25006: cannot execute INSERT in a read-only transaction", "Only read."});
        return CustomAnswer{true, "more"};
    });
    QCOMPARE(batch.facts.size(), std::size_t{2});
    const auto *unknown = std::get_if<Unknown>(&batch.facts[0].value);
    QVERIFY(unknown && unknown->reason.starts_with("25006") && unknown->hint == "Only read.");
    QVERIFY(batch.facts[1].value == Value(true));
    QCOMPARE(batch.facts[1].raw, std::string("select 1\nmore"));
    QVERIFY(batch.facts[1].budget == Millis{180000});
    QVERIFY(!batch.fault);
}

void TestCustomFacts::waitsForTheNextRoundWithoutTime()
{
    CustomFacts facts({factNamed("shop.a")});
    FactBatch batch;
    const auto ask = [](const CustomFact &, Deadline) { return CustomAnswer{1.0, {}}; };
    facts.collect(batch, Deadline::after(Millis{0}), ask);
    QVERIFY(batch.facts.empty());
    facts.collect(batch, Deadline::after(Millis{60000}), ask);
    QCOMPARE(batch.facts.size(), std::size_t{1});
}

void TestCustomFacts::knowsItsOwnNames()
{
    QVERIFY(isOwnFact("shop.orders_waiting"));
    QVERIFY(!isOwnFact("redis.hit_ratio"));
    QVERIFY(!isOwnFact("tls.verified"));
    QVERIFY(!isOwnFact("source.answering"));
}

void TestCustomFacts::readsRows()
{
    using postgres::Rows;
    QVERIFY(postgres::customValue(Rows{{"n"}, {{"12.5"}}}, "count") == Value(12.5));
    QVERIFY(postgres::customValue(Rows{{"is"}, {{"t"}}}, "") == Value(true));
    QVERIFY(postgres::customValue(Rows{{"w"}, {{"12 mice"}}}, "") == Value(std::string("12 mice")));
    QVERIFY(reasonOf(postgres::customValue(Rows{{"n"}, {{std::nullopt}}}, "")).find("NULL") != std::string::npos);
    QVERIFY(reasonOf(postgres::customValue(Rows{{"n"}, {}}, "")).find("0 rows") != std::string::npos);
    QVERIFY(reasonOf(postgres::customValue(Rows{{"n"}, {{"1"}, {"2"}}}, "")).find("2 rows of 1 columns") != std::string::npos);
    const auto value = postgres::customValue(Rows{{"state", "n"}, {{"new", "3"}, {"paid", std::nullopt}}}, "count");
    const auto *table = asTable(value);
    QVERIFY(table && table->rows.size() == 2 && !table->isTruncated);
    QCOMPARE(table->text(0, "state"), std::string("new"));
    QCOMPARE(table->number(0, "n"), std::optional(3.0));
    QCOMPARE(table->columns[1].unit, std::string("count"));
    Rows many{{"k", "v"}, {}};
    many.rows.assign(CustomFacts::kRows + 1, {"k", "1"});
    const auto cut = postgres::customValue(many, "");
    QVERIFY(asTable(cut)->isTruncated && asTable(cut)->rows.size() == CustomFacts::kRows);
}

void TestCustomFacts::readsSamples()
{
    using prometheus::QueryResult;
    QVERIFY(prometheus::customValue(QueryResult{{{{}, 0, 7}}, {}}, "") == Value(7.0));
    QCOMPARE(reasonOf(prometheus::customValue({}, "")), std::string("the expression gives no series"));
    QVERIFY(reasonOf(prometheus::customValue(QueryResult{{{{}, 0, std::numeric_limits<double>::quiet_NaN()}}, {}}, "")).find("NaN") != std::string::npos);
    const QueryResult two{{{{{"job", "api"}, {"queue", "mail"}}, 0, 3}, {{{"job", "api"}, {"queue", "pdf"}}, 0, 4}}, {}};
    const auto value = prometheus::customValue(two, "count");
    const auto *table = asTable(value);
    QVERIFY(table && table->columns.size() == 2); // what all share tells nothing
    QCOMPARE(table->text(1, "queue"), std::string("pdf"));
    QCOMPARE(table->number(1, "value"), std::optional(4.0));
}

void TestCustomFacts::readsReplies()
{
    using redis::Reply;
    QVERIFY(redis::customValue(Reply{Reply::Kind::Integer, 42, {}, {}}) == Value(42.0));
    QVERIFY(redis::customValue(Reply{Reply::Kind::Bulk, 0, "1.5", {}}) == Value(1.5));
    QVERIFY(redis::customValue(Reply{Reply::Kind::Bulk, 0, "v2", {}}) == Value(std::string("v2")));
    QVERIFY(reasonOf(redis::customValue(Reply{})).find("nil") != std::string::npos);
    QVERIFY(reasonOf(redis::customValue(list({word("a"), word("b")}))).find("list of 2") != std::string::npos);
}

void TestCustomFacts::sendsOnlyWhatTheServerCallsReading()
{
    const auto refused = [](const redis::Reply &description, const redis::Command &command) {
        const auto fault = redis::refusal(description, command, "oncall");
        return fault ? fault->detail + " | " + fault->hint : std::string();
    };
    QCOMPARE(refused(list({described("llen", {"readonly", "fast"}, {"@read"})}), {"LLEN", "jobs"}), std::string());
    QVERIFY(refused(list({described("incr", {"write", "fast"})}), {"incr", "n"}).starts_with("the server does not flag INCR as readonly"));
    QVERIFY(refused(list({described("keys", {"readonly"}, {"@read", "@dangerous"})}), {"keys", "*"}).find("@dangerous") != std::string::npos);
    QVERIFY(refused(list({described("xread", {"readonly", "blocking"})}), {"xread"}).find("blocking") != std::string::npos);
    QVERIFY(refused(list({redis::Reply{}}), {"nonsense"}).starts_with("the server does not know the command NONSENSE"));
    // Since Redis 7 a part of a container speaks for itself.
    QCOMPARE(refused(list({described("memory|usage", {"readonly"})}), {"MEMORY", "USAGE", "k"}), std::string());
    QVERIFY(!refused(list({described("config|set", {"admin"})}), {"CONFIG", "SET"}).empty());
    // A renamed or denied COMMAND proves nothing, so nothing is sent.
    QVERIFY(refused({redis::Reply::Kind::Error, 0, "NOPERM this user has no permissions to run the 'command|info' command", {}}, {"GET", "k"}).find("+command|info") != std::string::npos);
}

void TestCustomFacts::readsJsonAtAPointer()
{
    const std::string body = "{\"queue\":{\"depth\":12,\"open\":true,\"name\":\"mail\"},\"a/b\":{\"~\":3},\"list\":[1,2],\"no\":null}";
    QVERIFY(http::customValue(body, "/queue/depth", "count") == Value(12.0));
    QVERIFY(http::customValue(body, "/queue/open", "") == Value(true));
    QVERIFY(http::customValue(body, "/queue/name", "") == Value(std::string("mail")));
    QVERIFY(http::customValue(body, "/a~1b/~0", "") == Value(3.0));
    QVERIFY(http::customValue(body, "/list/1", "") == Value(2.0));
    QVERIFY(reasonOf(http::customValue(body, "/list/7", "")).find("nothing at") != std::string::npos);
    QVERIFY(reasonOf(http::customValue(body, "/list/-", "")).find("nothing at") != std::string::npos);
    QVERIFY(reasonOf(http::customValue(body, "/list", "")).find("list of 2") != std::string::npos);
    QVERIFY(reasonOf(http::customValue(body, "/no", "")).find("null") != std::string::npos);
    QCOMPARE(reasonOf(http::customValue("<html>", "", "")), std::string("the answer is no JSON"));
    QCOMPARE(reasonOf(http::customValue(std::string(100000, '['), "/0", "")), std::string("the answer is no JSON"));
    const auto value = http::customValue(body, "/queue", "");
    QVERIFY(asTable(value) && asTable(value)->rows.size() == 3);
    QCOMPARE(asTable(value)->number(0, "value"), std::optional(12.0));
}

void TestCustomFacts::areUnknownBeforeTheFirstAnswer()
{
    FactBook book;
    book.declare("postgres/primary", "postgres");
    book.expect("postgres/primary", "shop.waiting", "count");
    book.expect("redis/gone", "shop.jobs", "count"); // its source is not declared
    const auto early = book.snapshot(Stamp::now());
    const auto *waiting = early.find("postgres/primary", "shop.waiting");
    QVERIFY(waiting && std::holds_alternative<Unknown>(waiting->fact.value) && !waiting->isStale());
    QVERIFY(!early.find("redis/gone", "shop.jobs"));
    FactBatch batch{"postgres/primary", Stamp::now(), {}};
    batch.add("shop.waiting", 3.0, "count", Millis{60000});
    batch.add("postgres.rtt", 0.1, "s", Millis{60000});
    book.accept(batch);
    const auto later = book.snapshot(Stamp::now());
    QVERIFY(later.find("postgres/primary", "shop.waiting")->fact.value == Value(3.0));
    QCOMPARE(vitals::ownFacts("postgres/primary", later), std::vector<std::string>{"shop.waiting"});
}

QTEST_APPLESS_MAIN(TestCustomFacts)
#include "tst_customfacts.moc"
